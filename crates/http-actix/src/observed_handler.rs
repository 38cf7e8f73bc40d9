//! Metrics and spans of event deliveries, by channel. Each delivery is a span in the trace of the
//! change that wrote the event.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use domain::outbox::{
    Channel,
    port::{DeliveryError, DeliveryReceipt, Envelope, EventHandler},
};
use metrics::{Histogram, counter, histogram};
use tracing::Instrument as _;

use crate::telemetry::spans;

const DELIVERIES: &str = "oms_outbox_deliveries_total";
const OUTCOMES: [&str; 3] = ["delivered", "failed", "undeliverable"];

/// An event handler with metrics and spans. The wrapped handler gets an envelope whose trace parent
/// is the delivery's span.
pub(crate) struct ObservedHandler {
    handler: Arc<dyn EventHandler>,
    duration: Histogram,
}

impl ObservedHandler {
    /// Wraps a handler and initializes its counters to zero.
    pub(crate) fn new(handler: Arc<dyn EventHandler>) -> Self {
        let channel = handler.channel().as_str();
        for outcome in OUTCOMES {
            counter!(DELIVERIES, "channel" => channel, "outcome" => outcome).absolute(0);
        }
        let duration = histogram!("oms_outbox_delivery_duration_seconds", "channel" => channel);
        Self { handler, duration }
    }
}

#[async_trait]
impl EventHandler for ObservedHandler {
    fn channel(&self) -> Channel {
        self.handler.channel()
    }

    async fn deliver(&self, envelope: &Envelope) -> Result<DeliveryReceipt, DeliveryError> {
        let [delivered, failed, undeliverable] = OUTCOMES;
        let started = Instant::now();
        let span = spans::delivery(self.channel(), envelope);
        let trace = spans::trace_parent(&span).or(envelope.trace);
        let envelope = Envelope { trace, ..envelope.clone() };
        let result = self.handler.deliver(&envelope).instrument(span.clone()).await;
        self.duration.record(started.elapsed());
        let outcome = match &result {
            Ok(DeliveryReceipt::Done) => delivered,
            Ok(DeliveryReceipt::Undeliverable(_)) => undeliverable,
            Err(_) => {
                spans::record_failure(&span, "delivery");
                failed
            }
        };
        span.record("oms.outcome", outcome);
        let channel = self.channel().as_str();
        counter!(DELIVERIES, "channel" => channel, "outcome" => outcome).increment(1);
        result
    }
}
