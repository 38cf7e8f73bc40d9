//! What becomes of messages, channel by channel: counted and timed, and each delivery a span in the trace of what the
//! message tells of.

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

/// A handler whose deliveries are seen by operators. It is given the delivery's own place in the trace, to hand on.
pub(crate) struct ObservedHandler {
    handler: Arc<dyn EventHandler>,
    duration: Histogram,
}

impl ObservedHandler {
    /// Puts itself before a handler, and registers what is counted, as zero.
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
        let [done, failed, undeliverable] = OUTCOMES;
        let began = Instant::now();
        let span = spans::delivery(self.channel(), envelope);
        let trace = spans::trace_parent(&span).or(envelope.trace);
        let envelope = Envelope { trace, ..envelope.clone() };
        let delivered = self.handler.deliver(&envelope).instrument(span.clone()).await;
        self.duration.record(began.elapsed());
        let outcome = match &delivered {
            Ok(DeliveryReceipt::Done) => done,
            Ok(DeliveryReceipt::Undeliverable(_)) => undeliverable,
            Err(_) => {
                spans::failed(&span, "delivery");
                failed
            }
        };
        span.record("oms.outcome", outcome);
        let channel = self.channel().as_str();
        counter!(DELIVERIES, "channel" => channel, "outcome" => outcome).increment(1);
        delivered
    }
}
