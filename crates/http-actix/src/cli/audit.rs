//! `oms audit`: checks the invariants of the data.

use domain::audit::{AuditFinding, AuditObserver, AuditRule, Auditor};

use super::{error::CommandError, output, progress::Progress};
use crate::{
    composition::{self, DatabaseAccess},
    config::Config,
};

const LONG_ABOUT: &str = "\
Check the data for inconsistencies. Servers may be running on the database. A backup of an \
SQLite file may be one that cannot be written.

Among the rules: stock is the sum of its movements, an order's history follows the lifecycle, \
nothing is sold twice, the journal has every order's events, counters are right. The command names \
each rule while it checks it, and prints each violation on one line as soon as it is found. It \
exits with 0 if there is none, and with 1 otherwise.";

/// Check the data for inconsistencies
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT)]
#[command(after_help = "Example:\n  DATABASE_URL=sqlite:///var/lib/oms/oms.db oms audit")]
pub(super) struct Arguments {}

pub(super) async fn run(config: &Config) -> Result<(), CommandError> {
    let database = composition::open(&config.store, DatabaseAccess::Read)
        .await
        .map_err(CommandError::from_composition(config))?;
    let violations = check(database.as_ref()).await;
    database.close().await;
    match violations? {
        0 => {
            output::print_status("the audit found no violations");
            Ok(())
        }
        1 => Err(CommandError::Refused("the audit found 1 violation".to_owned())),
        many => Err(CommandError::Refused(format!("the audit found {many} violations"))),
    }
}

/// Runs the audit and prints each violation. Returns their number.
pub(super) async fn check(auditor: &dyn Auditor) -> Result<u64, CommandError> {
    let mut report = Report { progress: Progress::spinner(), violations: 0 };
    auditor.audit(&mut report).await?;
    Ok(report.violations)
}

struct Report {
    progress: Progress,
    violations: u64,
}

impl AuditObserver for Report {
    fn checking(&mut self, rule: AuditRule) {
        self.progress.update(format_args!("checking: {rule}"));
    }

    fn found(&mut self, finding: AuditFinding) {
        self.violations += 1;
        self.progress.print(finding);
    }
}
