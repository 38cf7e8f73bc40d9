//! What is known of a request before it is answered: its id, and its place in a distributed trace.

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

/// Names a request across services.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the place in a distributed trace that a request comes from (W3C Trace Context).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The paths that machines ask for all day long: there is nothing to see in a trace of them.
const MACHINES: [&str; 4] = ["/health", "/livez", "/readyz", "/metrics"];

/// Those of them that tell a machine to wait with an error.
const PROBES: [&str; 2] = ["/livez", "/readyz"];

/// The most characters of a caller's own request id that are taken over.
const MAX_REQUEST_ID: usize = 128;

/// What is known of a request before it is answered.
pub(super) struct RequestContext {
    pub(super) began: Instant,
    pub(super) id: HeaderValue,
    pub(super) method: Method,
    pub(super) span: Span,
    /// Its place in a trace, as soon as somebody wants to know.
    place: OnceCell<TraceParent>,
    pub(super) probe: bool,
}

impl RequestContext {
    pub(super) fn begin(request: &ServiceRequest) -> Self {
        let caller = caller(request);
        let path = request.path().trim_end_matches('/');
        let machine = MACHINES.contains(&path);
        let span = if machine { Span::none() } else { span(request, caller) };
        let method = request.method().clone();
        let known = spans::trace_parent(&span).or(caller);
        // A change may become a message to others, which tells where it comes from.
        let place = known.or_else(|| (!method.is_safe()).then(unrecorded));
        Self {
            began: Instant::now(),
            id: request_id(request),
            method,
            span,
            place: place.map(OnceCell::from).unwrap_or_default(),
            probe: machine && PROBES.contains(&path),
        }
    }

    /// Its place in a trace, if the handler may need it.
    pub(super) fn known_place(&self) -> Option<TraceParent> {
        self.place.get().copied()
    }

    pub(super) fn place(&self) -> TraceParent {
        *self.place.get_or_init(unrecorded)
    }
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
        let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
        let id = id.hyphenated().encode_lower(&mut buffer);
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

/// The place of a request that is not recorded here and whose caller names none: it begins a trace that nobody
/// records. Logs and messages have something to go by all the same.
fn unrecorded() -> TraceParent {
    let trace = NonZero::new(rand::random()).unwrap_or(NonZero::<u128>::MIN);
    let place = NonZero::new(rand::random()).unwrap_or(NonZero::<u64>::MIN);
    TraceParent::new(trace, place, false)
}
