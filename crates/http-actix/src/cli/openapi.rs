//! `oms openapi`: the OpenAPI document of the HTTP surfaces.

use super::output;

/// Print the OpenAPI document of both HTTP surfaces as JSON
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  oms openapi > openapi.json")]
pub(super) struct Arguments {}

pub(super) fn run() {
    // `print` adds the final newline.
    output::print(http_api::document().trim_end());
}
