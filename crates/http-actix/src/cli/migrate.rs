//! `oms migrate`: applies the pending migrations.

use super::{error::CommandError, output};
use crate::{composition, config::Config};

/// Apply pending migrations; create the database if it is a missing SQLite file
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  DATABASE_URL=postgres://oms@db/shop oms migrate")]
pub(super) struct Arguments {}

pub(super) async fn run(config: &Config) -> Result<(), CommandError> {
    let applied =
        composition::prepare(config).await.map_err(CommandError::from_composition(config))?;
    if applied.is_empty() {
        output::print("the schema is current");
    }
    for name in applied {
        output::print(format_args!("applied {name}"));
    }
    Ok(())
}
