//! The address at which clients reach the server: the base of the links in responses.

use std::sync::OnceLock;

/// One for the process, since errors become responses where no setting is at hand.
static PUBLIC_URL: OnceLock<String> = OnceLock::new();

/// Sets the base of `Location`, of the `type` of problems, and of the addresses in the OpenAPI
/// document: an absolute URL without a slash at its end, such as `https://shop.example.com/oms`.
/// Without it they are paths. Call it before the first request; later calls change nothing.
pub fn set_public_url(url: String) {
    // A second server in one process has the same settings.
    let _already_set = PUBLIC_URL.set(url);
}

/// The public URL, if one is set.
pub(crate) fn public_url() -> Option<&'static str> {
    PUBLIC_URL.get().map(String::as_str)
}

/// The link to a path of this server.
pub(crate) fn link(path: &str) -> String {
    format!("{}{path}", public_url().unwrap_or_default())
}
