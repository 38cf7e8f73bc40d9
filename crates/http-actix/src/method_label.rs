//! HTTP methods as labels of metrics and attributes of spans.

use actix_web::http::Method;

/// The name of a method that this server knows. `None` for any other: labels must not hold what
/// clients invent.
pub(crate) fn method_label(method: &Method) -> Option<&'static str> {
    Some(match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => return None,
    })
}
