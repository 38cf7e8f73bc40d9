//! `oms demo`: a believable shop to look at.

use super::CommandError;
use crate::config::Config;

/// Fill an empty store with a believable shop.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

/// Fills the store.
pub(super) async fn run(_arguments: &Arguments, _config: &Config) -> Result<(), CommandError> {
    Ok(())
}
