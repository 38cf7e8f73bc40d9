//! The context of a request: its id, and its place in a distributed trace.

use std::{cell::OnceCell, num::NonZero, time::Instant};

use actix_web::{
    dev::ServiceRequest,
    http::{
        Method,
        header::{HeaderName, HeaderValue},
    },
};
use domain::TraceParent;
use tracing::Span;
use uuid::Uuid;

use crate::telemetry::spans;

/// The header with the request's id.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header with the client's span (W3C Trace Context).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Paths that machines request all the time. They are not traced.
const UNTRACED_PATHS: [&str; 4] = ["/health", "/livez", "/readyz", "/metrics"];

/// Paths whose status 503 is a regular answer.
const PROBE_PATHS: [&str; 2] = ["/livez", "/readyz"];

/// The most characters of a client's request id; a longer one is replaced.
const MAX_REQUEST_ID: usize = 128;

/// The id of a request, its span, and its place in a distributed trace.
pub(super) struct RequestContext {
    pub(super) started: Instant,
    pub(super) id: HeaderValue,
    pub(super) method: Method,
    /// Disabled if the request is not traced.
    pub(super) span: Span,
    /// Initialized on demand.
    trace_parent: OnceCell<TraceParent>,
    pub(super) is_probe: bool,
}

impl RequestContext {
    pub(super) fn begin(request: &ServiceRequest) -> Self {
        let client = client_trace_parent(request);
        let path = request.path().trim_end_matches('/');
        let is_untraced = UNTRACED_PATHS.contains(&path);
        let span = if is_untraced { Span::none() } else { span(request, client) };
        let method = request.method().clone();
        let known = spans::trace_parent(&span).or(client);
        // A change may write an event, which stores its trace parent.
        let trace_parent = known.or_else(|| (!method.is_safe()).then(unrecorded_trace_parent));
        Self {
            started: Instant::now(),
            id: request_id(request),
            method,
            span,
            trace_parent: trace_parent.map(OnceCell::from).unwrap_or_default(),
            is_probe: is_untraced && PROBE_PATHS.contains(&path),
        }
    }

    /// The trace parent, if the handler may need it.
    pub(super) fn known_trace_parent(&self) -> Option<TraceParent> {
        self.trace_parent.get().copied()
    }

    pub(super) fn trace_parent(&self) -> TraceParent {
        *self.trace_parent.get_or_init(unrecorded_trace_parent)
    }
}

/// The client's id if it is short and has only characters that are safe in a log; else a new one.
fn request_id(request: &ServiceRequest) -> HeaderValue {
    let is_safe = |id: &&HeaderValue| {
        (1..=MAX_REQUEST_ID).contains(&id.len())
            && id.as_bytes().iter().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':')
            })
    };
    request.headers().get(&REQUEST_ID).filter(is_safe).cloned().unwrap_or_else(|| {
        let mut buffer = Uuid::encode_buffer();
        let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
        let id = id.hyphenated().encode_lower(&mut buffer);
        HeaderValue::from_str(id).unwrap_or_else(|_not_ascii| HeaderValue::from_static("unknown"))
    })
}

/// The client's trace parent, if the request has exactly one valid header.
fn client_trace_parent(request: &ServiceRequest) -> Option<TraceParent> {
    let mut headers = request.headers().get_all(&TRACEPARENT);
    match (headers.next(), headers.next()) {
        (Some(header), None) => header.to_str().ok()?.parse().ok(),
        _ => None,
    }
}

/// The span of a request; disabled without a collector.
fn span(request: &ServiceRequest, client: Option<TraceParent>) -> Span {
    spans::request(request.method(), || request.connection_info().scheme() == "https", client)
}

/// A random trace parent with the flag "not sampled", for a request without a span here or at the
/// client. It correlates log lines and events of the request.
fn unrecorded_trace_parent() -> TraceParent {
    let trace_id = NonZero::new(rand::random()).unwrap_or(NonZero::<u128>::MIN);
    let span_id = NonZero::new(rand::random()).unwrap_or(NonZero::<u64>::MIN);
    TraceParent::new(trace_id, span_id, false)
}
