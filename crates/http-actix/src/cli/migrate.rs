//! `oms migrate`: applies the pending migrations.

use std::sync::Arc;

use super::{error::CommandError, output, progress::Progress};
use crate::{
    composition::{self, MigrationProgress},
    config::Config,
};

const LONG_ABOUT: &str = "\
Apply pending migrations; create the database if it is a missing SQLite file.

On PostgreSQL servers may be running on the database: indexes of large tables are built beside them. \
The command shows what takes long, and may be interrupted: the next run continues.";

/// Apply pending migrations; create the database if it is a missing SQLite file
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT)]
#[command(after_help = "Example:\n  DATABASE_URL=postgres://oms@db/shop oms migrate")]
pub(super) struct Arguments {}

pub(super) async fn run(config: &Config) -> Result<(), CommandError> {
    let spinner = Arc::new(Progress::spinner());
    let progress: MigrationProgress = {
        let spinner = Arc::clone(&spinner);
        Arc::new(move |step| spinner.update(step))
    };
    let applied = composition::prepare(config, &progress).await;
    drop((progress, spinner));
    let applied = applied.map_err(CommandError::from_composition(config))?;
    if applied.is_empty() {
        output::print("the schema is current");
    }
    for name in applied {
        output::print(format_args!("applied {name}"));
    }
    Ok(())
}
