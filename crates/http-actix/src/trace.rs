//! What every request passes through: its id, its line in the log, and the headers of every answer.

use std::time::Instant;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
};
use uuid::Uuid;

use crate::{causes::with_causes, problem::Problem};

/// Names a request across services.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The most characters of a caller's own request id that are taken over.
const MAX_REQUEST_ID: usize = 128;

/// Gives the request an id, runs it, logs it, and sends the id back.
pub(crate) async fn trace<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let started = Instant::now();
    let id = request_id(&request);
    let method = request.method().clone();
    let mut response = next.call(request).await?;
    log(&response, &method, &id, started);
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

/// The caller's own id, if it is one that can be written into a log unseen; else a new one.
fn request_id(request: &ServiceRequest) -> HeaderValue {
    let sane = |id: &&HeaderValue| {
        (1..=MAX_REQUEST_ID).contains(&id.len())
            && id.as_bytes().iter().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':')
            })
    };
    request.headers().get(&REQUEST_ID).filter(sane).cloned().unwrap_or_else(|| {
        let mut buffer = Uuid::encode_buffer();
        let id = Uuid::now_v7().hyphenated().encode_lower(&mut buffer);
        HeaderValue::from_str(id).unwrap_or_else(|_not_ascii| HeaderValue::from_static("unknown"))
    })
}

/// One line a request, at the boundary: faults of this server with their cause, changes and refusals, and
/// (for those who want to see everything) reads. Paths are logged as patterns: no personal data.
fn log<B>(response: &ServiceResponse<B>, method: &Method, id: &HeaderValue, started: Instant) {
    let status = response.status();
    // A log writes numbers beyond 64 bits as text.
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let id = id.to_str().unwrap_or_default();
    let route = || response.request().match_pattern().unwrap_or_default();
    if status.is_server_error() {
        let problem = response.response().error().and_then(|error| error.as_error::<Problem>());
        let cause = problem.and_then(Problem::cause).map(|cause| with_causes(&**cause));
        tracing::error!(
            target: "oms::request", request_id = id, %method, route = route(),
            status = status.as_u16(), micros, cause, "request failed"
        );
    } else if *method == Method::GET && status.is_success() {
        tracing::debug!(
            target: "oms::request", request_id = id, %method, route = route(),
            status = status.as_u16(), micros, "request"
        );
    } else {
        tracing::info!(
            target: "oms::request", request_id = id, %method, route = route(),
            status = status.as_u16(), micros, "request"
        );
    }
}
