//! The frame of the account pages: document, style and the headers of every response.

use std::sync::LazyLock;

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped};
use sha2::{Digest as _, Sha256};

use crate::html::{self, STRICT_POLICY};

/// The style of all pages. It is part of each page, so that a page is one request, also behind a
/// proxy that strips a prefix from the path.
const STYLE: &str = include_str!("style.css");

/// Allows the style, by its hash, and forms to this server.
static CONTENT_SECURITY_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!("{STRICT_POLICY}; style-src 'sha256-{hash}'; form-action 'self'");
    // Base64 has no character that a header refuses.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// The target of every form: the path of the page itself, without its query. It is relative, since
/// a proxy may have stripped a prefix from the path.
pub(super) const SAME_PATH: &str = "?";

/// The id of the only input field of a form, and of the texts that describe it.
pub(super) const FIELD: &str = "field";
pub(super) const HINT: &str = "hint";
pub(super) const ERROR: &str = "error";

/// A page.
pub(super) struct Page {
    pub(super) status: StatusCode,
    /// The heading, and the title of the document.
    pub(super) title: &'static str,
    /// What follows the heading.
    pub(super) content: Markup,
}

impl Page {
    /// A page with status 200.
    pub(super) fn new(title: &'static str, content: Markup) -> Self {
        Self { status: StatusCode::OK, title, content }
    }

    /// The same page with another status.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The response, with headers that keep its token from caches, frames, referrers and scripts.
    pub(super) fn respond(self) -> HttpResponse {
        let document = maud::html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main {
                        h1 { (self.title) }
                        (self.content)
                    }
                }
            }
        };
        html::page(self.status, CONTENT_SECURITY_POLICY.clone())
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(document.into_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_hash_of_the_style() {
        let policy = CONTENT_SECURITY_POLICY.to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(policy.contains("; frame-ancestors 'none'; style-src 'sha256-"), "{policy}");
        assert!(!STYLE.contains("</"), "the style must not end its element");
    }
}
