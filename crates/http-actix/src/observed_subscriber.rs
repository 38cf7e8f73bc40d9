//! Metrics and spans of event deliveries, by subscription. Each delivery has a span in the trace of
//! the change that the event reports.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use domain::events::{
    DeliveryFailure, JournalEvent, Subscription,
    port::{DeliveryMode, EventSubscriber, TroubleRule},
};
use metrics::{Counter, Histogram, counter, histogram};
use tracing::Span;

use crate::telemetry::spans;

const DELIVERIES: &str = "oms_outbox_deliveries_total";
const OUTCOMES: [&str; 3] = ["delivered", "failed", "undeliverable"];

/// A subscriber with metrics and spans. The wrapped subscriber gets events whose trace parent is
/// the delivery's span.
pub(crate) struct ObservedSubscriber {
    subscriber: Arc<dyn EventSubscriber>,
    subscription: Subscription,
    outcomes: [Counter; 3],
    duration: Histogram,
}

impl ObservedSubscriber {
    /// Wraps a subscriber and initializes its counters to zero.
    pub(crate) fn new(subscriber: Arc<dyn EventSubscriber>) -> Self {
        let subscription = subscriber.subscription();
        let channel = subscription.to_string();
        let outcomes = OUTCOMES.map(|outcome| {
            let counter = counter!(DELIVERIES, "channel" => channel.clone(), "outcome" => outcome);
            counter.absolute(0);
            counter
        });
        let duration = histogram!("oms_outbox_delivery_duration_seconds", "channel" => channel);
        Self { subscriber, subscription, outcomes, duration }
    }

    fn record(&self, result: &Result<(), DeliveryFailure>, span: &Span) {
        let [delivered, failed, undeliverable] = &self.outcomes;
        let (counter, outcome) = match result {
            Ok(()) => (delivered, OUTCOMES[0]),
            Err(DeliveryFailure::Refused(_)) => (undeliverable, OUTCOMES[2]),
            Err(_) => {
                spans::record_failure(span, "delivery");
                (failed, OUTCOMES[1])
            }
        };
        counter.increment(1);
        span.record("oms.outcome", outcome);
    }
}

#[async_trait]
impl EventSubscriber for ObservedSubscriber {
    fn subscription(&self) -> Subscription {
        self.subscription.clone()
    }

    fn mode(&self) -> DeliveryMode {
        self.subscriber.mode()
    }

    fn trouble_rule(&self) -> TroubleRule {
        self.subscriber.trouble_rule()
    }

    fn wants(&self, event: &JournalEvent) -> bool {
        self.subscriber.wants(event)
    }

    async fn deliver(&self, events: &[JournalEvent]) -> Vec<Result<(), DeliveryFailure>> {
        let started = Instant::now();
        let spans: Vec<Span> =
            events.iter().map(|event| spans::delivery(&self.subscription, event)).collect();
        let results = if spans.iter().all(Span::is_disabled) {
            self.subscriber.deliver(events).await
        } else {
            let traced = |(event, span): (&JournalEvent, &Span)| {
                let mut event = event.clone();
                event.record.trace = spans::trace_parent(span).or(event.record.trace);
                event
            };
            let traced: Vec<_> = events.iter().zip(&spans).map(traced).collect();
            self.subscriber.deliver(&traced).await
        };
        self.duration.record(started.elapsed());
        for (result, span) in results.iter().zip(&spans) {
            self.record(result, span);
        }
        results
    }
}
