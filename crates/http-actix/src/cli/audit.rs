//! `oms audit`: whether the books agree.

use domain::audit::{AuditFinding, AuditObserver, AuditRule, Auditor};

use super::{error::CommandError, output, progress::Progress};
use crate::{composition, config::Config};

const LONG_ABOUT: &str = "\
Check whether everything in the database adds up. Servers may be running on it.

Stock is the sum of its movements, histories are paths through the lifecycle, nothing was sold twice, everything \
is told, counters are right, and so on: each rule is named while it is checked. What breaks a rule is printed as soon \
as it is found, one line each. Exits with 0 if the books are right, and with 1 if they are not.";

/// Check whether everything in the database adds up
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT)]
#[command(after_help = "Example:\n  DATABASE_URL=sqlite:///var/lib/oms/oms.db oms audit")]
pub(super) struct Arguments {}

pub(super) async fn run(config: &Config) -> Result<(), CommandError> {
    let database =
        composition::open(&config.store).await.map_err(CommandError::not_composed(config))?;
    let violations = check(database.as_ref()).await;
    database.close().await;
    match violations? {
        0 => {
            output::tell("the books are right");
            Ok(())
        }
        1 => Err(CommandError::Refused("the books are not right: 1 violation".to_owned())),
        many => Err(CommandError::Refused(format!("the books are not right: {many} violations"))),
    }
}

/// Checks the books and prints what it finds. Returns how much that is.
pub(super) async fn check(auditor: &dyn Auditor) -> Result<u64, CommandError> {
    let mut report = Report { progress: Progress::of_steps(), violations: 0 };
    auditor.audit(&mut report).await?;
    Ok(report.violations)
}

struct Report {
    progress: Progress,
    violations: u64,
}

impl AuditObserver for Report {
    fn checking(&mut self, rule: AuditRule) {
        self.progress.step(format_args!("checking: {rule}"));
    }

    fn found(&mut self, finding: AuditFinding) {
        self.violations += 1;
        self.progress.print(finding);
    }
}
