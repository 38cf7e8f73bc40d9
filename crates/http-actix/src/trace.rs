//! What every request passes through: its id, its place in a distributed trace, its line in the log, and the headers
//! of every answer.

use std::{num::NonZero, time::Instant};

use actix_web::{
    Error, HttpMessage as _,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
};
use domain::TraceParent;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use crate::{causes::with_causes, problem::Problem, telemetry::spans};

/// Names a request across services.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the place in a distributed trace that a request comes from (W3C Trace Context).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The paths that machines ask for all day long: there is nothing to see in a trace of them.
const MACHINES: [&str; 4] = ["/health", "/livez", "/readyz", "/metrics"];

/// Those of them that tell a machine to wait with an error.
const PROBES: [&str; 2] = ["/livez", "/readyz"];

/// The most characters of a caller's own request id that are taken over.
const MAX_REQUEST_ID: usize = 128;

/// Gives the request an id and a place in a trace, runs it, logs it, and sends the id back.
pub(crate) async fn trace<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let started = Instant::now();
    let id = request_id(&request);
    let method = request.method().clone();
    let caller = caller(&request);
    let path = request.path().trim_end_matches('/');
    let (machine, probe) = (MACHINES.contains(&path), PROBES.contains(&path));
    let span = if machine { Span::none() } else { span(&request, caller) };
    let place = spans::place(&span).unwrap_or_else(|| unrecorded(caller));
    request.extensions_mut().insert(place);
    let mut response = next.call(request).instrument(span.clone()).await?;
    if !span.is_disabled() {
        let route = response.request().match_pattern();
        spans::answered(&span, &method, route.as_deref(), response.status());
    }
    log(&response, &method, &id, place, probe, started);
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

/// The caller's place in a trace, if it names one and no more.
fn caller(request: &ServiceRequest) -> Option<TraceParent> {
    let mut named = request.headers().get_all(&TRACEPARENT);
    match (named.next(), named.next()) {
        (Some(one), None) => one.to_str().ok()?.parse().ok(),
        _ => None,
    }
}

/// The span of a request, if anybody wants one.
fn span(request: &ServiceRequest, caller: Option<TraceParent>) -> Span {
    spans::request(request.method(), || request.connection_info().scheme() == "https", caller)
}

/// The place of a request that is not recorded here. The caller's is handed on as it is, since whoever records what
/// follows would look in vain for another one. Without it the request begins a trace that nobody records: logs and
/// messages have something to go by all the same.
fn unrecorded(caller: Option<TraceParent>) -> TraceParent {
    caller.unwrap_or_else(|| {
        let trace = NonZero::new(rand::random()).unwrap_or(NonZero::<u128>::MIN);
        let place = NonZero::new(rand::random()).unwrap_or(NonZero::<u64>::MIN);
        TraceParent::new(trace, place, false)
    })
}

/// One line a request, at the boundary: faults of this server with their cause, changes and refusals, and
/// (for those who want to see everything) reads. Paths are logged as patterns: no personal data.
fn log<B>(
    response: &ServiceResponse<B>,
    method: &Method,
    id: &HeaderValue,
    trace: TraceParent,
    probe: bool,
    started: Instant,
) {
    let status = response.status();
    // A log writes numbers beyond 64 bits as text.
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let id = id.to_str().unwrap_or_default();
    let trace_id = || trace.trace_hex();
    let route = || response.request().match_pattern().unwrap_or_default();
    // A probe that is told to wait has got its answer. Why it is told so is logged once, elsewhere.
    if status.is_server_error() && !probe {
        let problem = response.response().error().and_then(|error| error.as_error::<Problem>());
        let cause = problem.and_then(Problem::cause).map(|cause| with_causes(&**cause));
        tracing::error!(
            target: "oms::request", request_id = id, trace_id = trace_id(), %method,
            route = route(), status = status.as_u16(), micros, cause, "request failed"
        );
    } else if probe || (*method == Method::GET && status.is_success()) {
        tracing::debug!(
            target: "oms::request", request_id = id, trace_id = trace_id(), %method,
            route = route(), status = status.as_u16(), micros, "request"
        );
    } else {
        tracing::info!(
            target: "oms::request", request_id = id, trace_id = trace_id(), %method,
            route = route(), status = status.as_u16(), micros, "request"
        );
    }
}
