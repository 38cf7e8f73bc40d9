//! Spans are recorded only with a collector, and have the right names, parents and attributes.

use std::num::NonZero;

use actix_web::http::{Method, StatusCode};
use domain::{
    EventId, Timestamp, TraceParent, UserId,
    account::{Actor, Role},
    events::{Event, EventRecord, JournalEvent, NewEvent, Subscription},
};
use opentelemetry::trace::{SpanKind, Status, TracerProvider as _};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter},
};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::{config::LogConfig, logging};

const LOGGED: &str = "info,actix_server=warn";

fn log_config() -> LogConfig {
    LogConfig { format: None, filter: LOGGED.to_owned() }
}

#[derive(Debug, Clone, Default)]
struct InMemoryExporter(std::sync::Arc<std::sync::Mutex<Vec<SpanData>>>);

impl SpanExporter for InMemoryExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

/// The spans of `run` that are exported with the default sampler.
fn exported(run: impl FnOnce()) -> Vec<SpanData> {
    exported_with(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)), run)
}

/// The spans of `run` that are exported with this sampler.
fn exported_with(sampler: Sampler, run: impl FnOnce()) -> Vec<SpanData> {
    let exporter = InMemoryExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .with_sampler(sampler)
        .build();
    let subscriber = tracing_subscriber::registry().with(layer(provider.tracer("oms")));
    tracing::subscriber::with_default(subscriber, run);
    drop(provider);
    std::mem::take(&mut *exporter.0.lock().unwrap())
}

/// A client's trace parent.
fn client(sampled: bool) -> TraceParent {
    TraceParent::new(NonZero::new(0xA).unwrap(), NonZero::new(0xB).unwrap(), sampled)
}

#[test]
fn without_a_collector_every_span_is_disabled() {
    let subscriber = logging::subscriber(&log_config(), false, None);
    tracing::subscriber::with_default(subscriber, || {
        let span = spans::request(&Method::GET, || panic!("not evaluated"), Some(client(true)));
        assert!(span.is_disabled());
        assert_eq!(spans::trace_parent(&span), None);
        assert!(tracing::info_span!(target: "oms", "orders.find").is_disabled());
        assert!(tracing::info_span!("of a library").is_disabled());
        assert!(tracing::enabled!(tracing::Level::INFO), "log lines are enabled");
    });
}

#[test]
fn events_below_the_log_s_level_are_disabled_statically() {
    let subscriber = logging::subscriber(&log_config(), false, None);
    assert_eq!(tracing::Subscriber::max_level_hint(&subscriber), Some(LevelFilter::INFO));
}

#[test]
fn a_request_s_span_is_in_the_client_s_trace() {
    let spans = exported(|| {
        let span = spans::request(&Method::GET, || true, Some(client(true)));
        let trace_parent = spans::trace_parent(&span).unwrap();
        assert_eq!(trace_parent.trace_id(), client(true).trace_id());
        assert!(trace_parent.sampled() && trace_parent.span_id() != client(true).span_id());
        spans::record_response(&span, &Method::GET, Some("/orders/{id}"), StatusCode::OK);
    });
    let [span] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!(span.name, "GET /orders/{id}");
    assert_eq!(span.span_kind, SpanKind::Server);
    assert_eq!(u64::from_be_bytes(span.parent_span_id.to_bytes()), 0xB);
    assert_eq!(span.status, Status::Unset);
    let mut attributes: Vec<_> =
        span.attributes.iter().map(|pair| format!("{}={}", pair.key, pair.value)).collect();
    attributes.sort_unstable();
    assert_eq!(
        attributes,
        [
            "http.request.method=GET",
            "http.response.status_code=200",
            "http.route=/orders/{id}",
            "url.scheme=https",
        ]
    );
}

#[test]
fn a_server_error_marks_the_span_as_failed_and_a_client_error_does_not() {
    let status = |code| {
        let spans = exported(|| {
            let span = spans::request(&Method::GET, || false, None);
            spans::record_response(&span, &Method::GET, None, code);
        });
        spans[0].status.clone()
    };
    assert_eq!(status(StatusCode::SERVICE_UNAVAILABLE), Status::error(""));
    assert_eq!(status(StatusCode::NOT_FOUND), Status::Unset);
}

#[test]
fn an_unknown_method_is_not_recorded() {
    let spans = exported(|| {
        let method = Method::from_bytes(b"ADA").unwrap();
        let span = spans::request(&method, || false, None);
        spans::record_response(&span, &method, None, StatusCode::NOT_FOUND);
    });
    assert_eq!(spans[0].name, "HTTP");
    assert!(!format!("{:?}", spans[0]).contains("ADA"));
}

#[test]
fn a_request_that_the_client_does_not_sample_is_not_recorded_and_keeps_its_trace_id() {
    let spans = exported(|| {
        let span = spans::request(&Method::GET, || false, Some(client(false)));
        let trace_parent = spans::trace_parent(&span).unwrap();
        let expected = (client(false).trace_id(), false);
        assert_eq!((trace_parent.trace_id(), trace_parent.sampled()), expected);
    });
    assert!(spans.is_empty(), "{spans:?}");
    let spans = exported_with(Sampler::AlwaysOn, || {
        drop(spans::request(&Method::GET, || false, Some(client(false))));
    });
    assert_eq!(spans.len(), 1);
}

#[test]
fn a_delivery_s_span_is_in_the_trace_of_its_event() {
    let actor = Actor::new(UserId::new(7), Role::User).in_trace(Some(client(true)));
    let event = Event::AccountRegistered;
    let new = NewEvent::of_account(event.clone(), actor.user, actor, Timestamp::UNIX_EPOCH);
    let event = JournalEvent { event, record: EventRecord::of(EventId::new(11), &new) };
    let spans = exported(|| drop(spans::delivery(&Subscription::STREAM, &event)));
    let [span] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!(
        (span.name.as_ref(), span.span_kind.clone()),
        ("deliver stream", SpanKind::Consumer)
    );
    assert_eq!(u128::from_be_bytes(span.span_context.trace_id().to_bytes()), 0xA);
    assert_eq!(u64::from_be_bytes(span.parent_span_id.to_bytes()), 0xB);
}
