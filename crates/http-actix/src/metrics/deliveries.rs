//! Counts what becomes of messages, channel by channel.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use domain::outbox::{
    Channel,
    port::{DeliveryError, Envelope, MessageHandler, Receipt},
};
use metrics::{Histogram, counter, histogram};

use super::counters::Counters;

/// A handler whose deliveries are counted and timed.
pub(crate) struct MeasuredHandler {
    handler: Arc<dyn MessageHandler>,
    outcomes: Counters,
    duration: Histogram,
}

impl MeasuredHandler {
    /// Puts itself before a handler.
    pub(crate) fn new(handler: Arc<dyn MessageHandler>) -> Self {
        let channel = handler.channel().as_str();
        let outcomes = Counters::new(
            ["delivered", "failed", "undeliverable"],
            |outcome| counter!("oms_outbox_deliveries_total", "channel" => channel, "outcome" => outcome),
        );
        let duration = histogram!("oms_outbox_delivery_duration_seconds", "channel" => channel);
        Self { handler, outcomes, duration }
    }
}

#[async_trait]
impl MessageHandler for MeasuredHandler {
    fn channel(&self) -> Channel {
        self.handler.channel()
    }

    async fn deliver(&self, envelope: &Envelope) -> Result<Receipt, DeliveryError> {
        let began = Instant::now();
        let outcome = self.handler.deliver(envelope).await;
        self.duration.record(began.elapsed());
        self.outcomes.count(match &outcome {
            Ok(Receipt::Done) => "delivered",
            Ok(Receipt::Undeliverable(_)) => "undeliverable",
            Err(_) => "failed",
        });
        outcome
    }
}
