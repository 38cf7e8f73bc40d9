//! What every request passes through: its id, its place in a distributed trace, its line in the log, and the headers
//! of every answer.
//!
//! Reads are by far the most, and nobody wants to hear of one that went well: what only a line in the log or a
//! message to others would need is made when there is one.

mod line;
mod request_context;

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

/// Middleware that gives each request an id and a place in a trace, runs it, logs it, and sends the id back.
pub(crate) async fn trace<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let context = RequestContext::begin(&request);
    if let Some(place) = context.known_place() {
        request.extensions_mut().insert(place);
    }
    let mut response = async { next.call(request).await }.instrument(context.span.clone()).await?;
    if !context.span.is_disabled() {
        let route = response.request().match_pattern();
        spans::answered(&context.span, &context.method, route.as_deref(), response.status());
    }
    line::write(&response, &context);
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, context.id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}
