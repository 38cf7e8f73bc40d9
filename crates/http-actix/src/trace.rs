//! The middleware for every request: its id, its place in a distributed trace, its log line, and
//! the headers of every response.
//!
//! Most requests are successful reads, which are logged at level debug only. So values that only a
//! log line or an event needs are computed on demand.

mod request_context;
mod request_log;

use actix_web::{
    Error, HttpMessage as _,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderValue},
    middleware::Next,
};
use tracing::Instrument as _;

use self::request_context::{REQUEST_ID, RequestContext};
use crate::telemetry::spans;

/// Middleware that gives each request an id and a place in a trace, runs it, logs it, and sends the
/// id back.
pub(crate) async fn trace<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let context = RequestContext::begin(&request);
    if let Some(trace_parent) = context.known_trace_parent() {
        request.extensions_mut().insert(trace_parent);
    }
    let mut response = async { next.call(request).await }.instrument(context.span.clone()).await?;
    if !context.span.is_disabled() {
        let route = response.request().match_pattern();
        spans::record_response(&context.span, &context.method, route.as_deref(), response.status());
    }
    request_log::write(&response, &context);
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, context.id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}
