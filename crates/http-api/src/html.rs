//! Responses with an HTML page, and the headers that protect every page.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};

/// The start of a Content-Security-Policy (CSP Level 3) of a page: what no page needs. A page
/// appends what it does need.
pub(crate) const STRICT_POLICY: &str =
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// A response with a page: only what its Content-Security-Policy allows is loaded, no site can show
/// it in a frame, and other sites learn neither its address nor get a handle of its window.
pub(crate) fn page(status: StatusCode, policy: HeaderValue) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        // For browsers without `frame-ancestors`.
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((HeaderName::from_static("cross-origin-opener-policy"), "same-origin"));
    response
}
