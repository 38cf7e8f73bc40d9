//! What a span is called and what it says, in the words of OpenTelemetry's semantic conventions.
//!
//! All of them have the target `oms`, by which they are chosen.

use std::num::NonZero;

use actix_web::http::{Method, StatusCode};
use domain::{
    TraceParent,
    outbox::{Channel, port::Envelope},
};
use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
};
use tracing::{Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::method_label::method_label;

/// A request, from its first line to its answer, within the caller's trace.
pub(crate) fn request(
    method: &Method,
    secure: impl FnOnce() -> bool,
    caller: Option<TraceParent>,
) -> Span {
    let span = info_span!(
        target: "oms", parent: None, "request",
        "otel.kind" = "server",
        "otel.name" = method_label(method).unwrap_or("HTTP"),
        "otel.status_code" = Empty,
        "http.request.method" = method_label(method).unwrap_or("_OTHER"),
        "http.response.status_code" = Empty,
        "http.route" = Empty,
        "url.scheme" = if secure() { "https" } else { "http" },
        "error.type" = Empty,
    );
    within(&span, caller);
    span
}

/// Notes how a request was answered: `route` is the pattern, which names nobody.
pub(crate) fn answered(span: &Span, method: &Method, route: Option<&str>, status: StatusCode) {
    if let Some(route) = route {
        let method = method_label(method).unwrap_or("HTTP");
        // A field of that name counts only until the span is begun.
        span.context().span().update_name(format!("{method} {route}"));
        span.record("http.route", route);
    }
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("error.type", status.as_str());
        span.record("otel.status_code", "ERROR");
    }
}

/// A message on its way out on one channel, within the trace of what it tells of.
pub(crate) fn delivery(channel: Channel, envelope: &Envelope) -> Span {
    let span = info_span!(
        target: "oms", parent: None, "deliver",
        "otel.kind" = "consumer",
        "otel.name" = format!("deliver {channel}"),
        "otel.status_code" = Empty,
        "messaging.system" = "oms",
        "messaging.operation.name" = "deliver",
        "messaging.operation.type" = "process",
        "messaging.destination.name" = "outbox",
        "messaging.message.id" = envelope.id.get(),
        "oms.channel" = channel.as_str(),
        "oms.event" = envelope.event.event(),
        "oms.outcome" = Empty,
        "error.type" = Empty,
    );
    within(&span, envelope.trace);
    span
}

/// Notes that it failed. Why is in the log, or in the database: an error's text is not a span's.
pub(crate) fn failed(span: &Span, kind: &str) {
    span.record("error.type", kind);
    span.record("otel.status_code", "ERROR");
}

/// Makes a span that was just begun part of a trace that began elsewhere.
fn within(span: &Span, parent: Option<TraceParent>) {
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
    // The only one who may refuse is a layer that is not there, and then nobody looks at the span.
    let _adopted = span.set_parent(Context::new().with_remote_span_context(remote));
}

/// Where in which trace a span is; `None` if nobody wants it.
pub(crate) fn place(span: &Span) -> Option<TraceParent> {
    if span.is_disabled() {
        return None;
    }
    let context = span.context();
    let context = context.span().span_context().clone();
    let trace = NonZero::new(u128::from_be_bytes(context.trace_id().to_bytes()))?;
    let place = NonZero::new(u64::from_be_bytes(context.span_id().to_bytes()))?;
    Some(TraceParent::new(trace, place, context.is_sampled()))
}
