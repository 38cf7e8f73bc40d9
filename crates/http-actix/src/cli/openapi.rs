//! `oms openapi`: the description of the HTTP surfaces, for machines.

use super::output;
use crate::openapi::ApiDocument;

/// Print the OpenAPI document of both HTTP surfaces as JSON
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  oms openapi > openapi.json")]
pub(super) struct Arguments {}

/// Prints the document.
pub(super) fn run() {
    // Printing ends the last line.
    output::print(ApiDocument::text().trim_end());
}
