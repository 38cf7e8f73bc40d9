//! `oms migrate`: brings the database up to date.

use super::{error::CommandError, output};
use crate::{composition, config::Config};

/// Bring the database up to date, and make it if there is none, as `oms serve` does
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  DATABASE_URL=postgres://oms@db/shop oms migrate")]
pub(super) struct Arguments {}

pub(super) async fn run(config: &Config) -> Result<(), CommandError> {
    let applied = composition::prepare(config).await.map_err(CommandError::not_composed(config))?;
    if applied.is_empty() {
        output::print("the schema is current");
    }
    for name in applied {
        output::print(format_args!("applied {name}"));
    }
    Ok(())
}
