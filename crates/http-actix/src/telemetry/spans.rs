//! The names and attributes of spans, by OpenTelemetry's semantic conventions.
//!
//! All spans have the target `oms`, by which they are selected.

use std::num::NonZero;

use actix_web::http::{Method, StatusCode};
use domain::{
    TraceParent,
    events::{JournalEvent, Subscription},
};
use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
};
use tracing::{Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::method_label::method_label;

/// The span of a request, from its head to its response, in the client's trace.
pub(crate) fn request(
    method: &Method,
    is_secure: impl FnOnce() -> bool,
    client: Option<TraceParent>,
) -> Span {
    let span = info_span!(
        target: "oms", parent: None, "request",
        "otel.kind" = "server",
        "otel.name" = method_label(method).unwrap_or("HTTP"),
        "otel.status_code" = Empty,
        "http.request.method" = method_label(method).unwrap_or("_OTHER"),
        "http.response.status_code" = Empty,
        "http.route" = Empty,
        "url.scheme" = if is_secure() { "https" } else { "http" },
        "error.type" = Empty,
    );
    set_remote_parent(&span, client);
    span
}

/// Records the response to a request. `route` is the route's pattern, which contains no personal
/// data.
pub(crate) fn record_response(
    span: &Span,
    method: &Method,
    route: Option<&str>,
    status: StatusCode,
) {
    if let Some(route) = route {
        let method = method_label(method).unwrap_or("HTTP");
        // Recording `otel.name` would have no effect after the span has started.
        span.context().span().update_name(format!("{method} {route}"));
        span.record("http.route", route);
    }
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("error.type", status.as_str());
        span.record("otel.status_code", "ERROR");
    }
}

/// The span of a delivery of an event to one subscription, in the trace of the change that the event
/// reports.
pub(crate) fn delivery(subscription: &Subscription, event: &JournalEvent) -> Span {
    let span = info_span!(
        target: "oms", parent: None, "deliver",
        "otel.kind" = "consumer",
        "otel.name" = format!("deliver {subscription}"),
        "otel.status_code" = Empty,
        "messaging.system" = "oms",
        "messaging.operation.name" = "deliver",
        "messaging.operation.type" = "process",
        "messaging.destination.name" = "journal",
        "messaging.message.id" = event.id().get(),
        "oms.channel" = subscription.as_str(),
        "oms.event" = event.event.event_type().snake_case(),
        "oms.outcome" = Empty,
        "error.type" = Empty,
    );
    set_remote_parent(&span, event.record.trace);
    span
}

/// Records a failure. The error's text, which may hold private data, is in the log or in the
/// database.
pub(crate) fn record_failure(span: &Span, kind: &str) {
    span.record("error.type", kind);
    span.record("otel.status_code", "ERROR");
}

/// Makes a new span the child of a span of another process.
fn set_remote_parent(span: &Span, parent: Option<TraceParent>) {
    if span.is_disabled() {
        return;
    }
    let Some(parent) = parent else { return };
    let flags = if parent.sampled() { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let remote = SpanContext::new(
        TraceId::from(parent.trace_id().get()),
        SpanId::from(parent.span_id().get()),
        flags,
        true,
        TraceState::default(),
    );
    // This fails only without OpenTelemetry's layer, when the span is not exported.
    let _set = span.set_parent(Context::new().with_remote_span_context(remote));
}

/// The span as a parent for other spans; `None` if the span is disabled.
pub(crate) fn trace_parent(span: &Span) -> Option<TraceParent> {
    if span.is_disabled() {
        return None;
    }
    let context = span.context();
    let context = context.span().span_context().clone();
    let trace_id = NonZero::new(u128::from_be_bytes(context.trace_id().to_bytes()))?;
    let span_id = NonZero::new(u64::from_be_bytes(context.span_id().to_bytes()))?;
    Some(TraceParent::new(trace_id, span_id, context.is_sampled()))
}
