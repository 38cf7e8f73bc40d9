//! `oms openapi`: the description of the HTTP surfaces, for machines.

use super::output;

/// Print the OpenAPI document of both HTTP surfaces as JSON
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  oms openapi > openapi.json")]
pub(super) struct Arguments {}

pub(super) fn run() {
    // Printing ends the last line.
    output::print(http_api::document().trim_end());
}
