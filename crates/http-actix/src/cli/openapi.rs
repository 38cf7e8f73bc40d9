//! `oms openapi`: the OpenAPI document of the HTTP surfaces.

use super::{error::CommandError, output};
use crate::config::{Env, public_url};

const LONG_ABOUT: &str = "\
Print the OpenAPI document of both HTTP surfaces as JSON.

The address of the server in it is PUBLIC_URL, if that is set.";

/// Print the OpenAPI document of both HTTP surfaces as JSON
#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT)]
#[command(after_help = "Example:\n  oms openapi > openapi.json")]
pub(super) struct Arguments {}

pub(super) fn run(env: &Env) -> Result<(), CommandError> {
    if let Some(url) = public_url::from_env(env)? {
        http_api::set_public_url(url);
    }
    // `print` adds the final newline.
    output::print(http_api::document().trim_end());
    Ok(())
}
