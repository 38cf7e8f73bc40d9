//! Whether spans are made only where somebody wants them, and say what they should.

use std::num::NonZero;

use actix_web::http::{Method, StatusCode};
use domain::{
    OrderId, OutboxEventId, Timestamp, TraceParent, UserId,
    outbox::{Channel, OutboxEvent, port::Envelope},
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

/// Keeps what ended.
#[derive(Debug, Clone, Default)]
struct Kept(std::sync::Arc<std::sync::Mutex<Vec<SpanData>>>);

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

/// What was exported of the spans that `make` makes.
fn exported(make: impl FnOnce()) -> Vec<SpanData> {
    exported_of(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)), make)
}

/// The same of those that a sampler chooses.
fn exported_of(sampler: Sampler, make: impl FnOnce()) -> Vec<SpanData> {
    let kept = Kept::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(kept.clone())
        .with_sampler(sampler)
        .build();
    let subscriber = tracing_subscriber::registry().with(layer(provider.tracer("oms")));
    tracing::subscriber::with_default(subscriber, make);
    drop(provider);
    std::mem::take(&mut *kept.0.lock().unwrap())
}

fn caller(sampled: bool) -> TraceParent {
    TraceParent::new(NonZero::new(0xA).unwrap(), NonZero::new(0xB).unwrap(), sampled)
}

#[test]
fn without_a_collector_no_span_is_ever_made() {
    let subscriber = logging::subscriber(&log_config(), false, None);
    tracing::subscriber::with_default(subscriber, || {
        let span = spans::request(&Method::GET, || panic!("nobody asks"), Some(caller(true)));
        assert!(span.is_disabled());
        assert_eq!(spans::trace_parent(&span), None);
        assert!(tracing::info_span!(target: "oms", "orders.find").is_disabled());
        assert!(tracing::info_span!("of a library").is_disabled());
        assert!(tracing::enabled!(tracing::Level::INFO), "there are lines all the same");
    });
}

#[test]
fn what_is_too_detailed_for_the_log_is_refused_where_it_is_said() {
    let subscriber = logging::subscriber(&log_config(), false, None);
    assert_eq!(tracing::Subscriber::max_level_hint(&subscriber), Some(LevelFilter::INFO));
}

#[test]
fn a_request_is_a_span_in_its_caller_s_trace() {
    let spans = exported(|| {
        let span = spans::request(&Method::GET, || true, Some(caller(true)));
        let place = spans::trace_parent(&span).unwrap();
        assert_eq!(place.trace_id(), caller(true).trace_id());
        assert!(place.sampled() && place.span_id() != caller(true).span_id());
        spans::answered(&span, &Method::GET, Some("/orders/{id}"), StatusCode::OK);
    });
    let [span] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!(span.name, "GET /orders/{id}");
    assert_eq!(span.span_kind, SpanKind::Server);
    assert_eq!(u64::from_be_bytes(span.parent_span_id.to_bytes()), 0xB);
    assert_eq!(span.status, Status::Unset);
    let mut said: Vec<_> =
        span.attributes.iter().map(|said| format!("{}={}", said.key, said.value)).collect();
    said.sort_unstable();
    assert_eq!(
        said,
        [
            "http.request.method=GET",
            "http.response.status_code=200",
            "http.route=/orders/{id}",
            "url.scheme=https",
        ]
    );
}

#[test]
fn a_fault_of_the_server_is_an_error_and_a_refusal_is_none() {
    let status = |code| {
        let spans = exported(|| {
            let span = spans::request(&Method::GET, || false, None);
            spans::answered(&span, &Method::GET, None, code);
        });
        spans[0].status.clone()
    };
    assert_eq!(status(StatusCode::SERVICE_UNAVAILABLE), Status::error(""));
    assert_eq!(status(StatusCode::NOT_FOUND), Status::Unset);
}

#[test]
fn a_method_that_nobody_knows_is_not_repeated() {
    let spans = exported(|| {
        let method = Method::from_bytes(b"ADA").unwrap();
        let span = spans::request(&method, || false, None);
        spans::answered(&span, &method, None, StatusCode::NOT_FOUND);
    });
    assert_eq!(spans[0].name, "HTTP");
    assert!(!format!("{:?}", spans[0]).contains("ADA"));
}

#[test]
fn what_the_caller_does_not_record_is_not_recorded_and_keeps_its_trace() {
    let spans = exported(|| {
        let span = spans::request(&Method::GET, || false, Some(caller(false)));
        let place = spans::trace_parent(&span).unwrap();
        assert_eq!((place.trace_id(), place.sampled()), (caller(false).trace_id(), false));
    });
    assert!(spans.is_empty(), "{spans:?}");
    let spans = exported_of(Sampler::AlwaysOn, || {
        drop(spans::request(&Method::GET, || false, Some(caller(false))));
    });
    assert_eq!(spans.len(), 1);
}

#[test]
fn a_delivery_is_in_the_trace_of_what_it_tells_of() {
    let message = OutboxEvent::OrderPlaced { order_id: OrderId::new(3), user_id: UserId::new(7) };
    let envelope = Envelope {
        id: OutboxEventId::new(11),
        event: message,
        created_at: Timestamp::UNIX_EPOCH,
        trace: Some(caller(true)),
    };
    let spans = exported(|| drop(spans::delivery(Channel::Stream, &envelope)));
    let [span] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!(
        (span.name.as_ref(), span.span_kind.clone()),
        ("deliver stream", SpanKind::Consumer)
    );
    assert_eq!(u128::from_be_bytes(span.span_context.trace_id().to_bytes()), 0xA);
    assert_eq!(u64::from_be_bytes(span.parent_span_id.to_bytes()), 0xB);
}
