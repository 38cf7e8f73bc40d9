//! Spans around deliveries: the end of a trace that began with a request, or the place from which others go on.

use std::sync::Arc;

use async_trait::async_trait;
use domain::outbox::{
    Channel,
    port::{DeliveryError, Envelope, MessageHandler, Receipt},
};
use tracing::Instrument as _;

use super::spans;

/// A handler whose every delivery is a span, in the trace of what the message tells of. The handler is given the
/// delivery's place in that trace, to hand on.
pub(crate) struct TracedHandler(pub(crate) Arc<dyn MessageHandler>);

#[async_trait]
impl MessageHandler for TracedHandler {
    fn channel(&self) -> Channel {
        self.0.channel()
    }

    async fn deliver(&self, envelope: &Envelope) -> Result<Receipt, DeliveryError> {
        let span = spans::delivery(self.channel(), envelope);
        let trace = spans::place(&span).or(envelope.trace);
        let envelope = Envelope { trace, ..envelope.clone() };
        let delivered = self.0.deliver(&envelope).instrument(span.clone()).await;
        let outcome = match &delivered {
            Ok(Receipt::Done) => "delivered",
            Ok(Receipt::Undeliverable(_)) => "undeliverable",
            Err(_) => {
                spans::failed(&span, "delivery");
                "failed"
            }
        };
        span.record("oms.outcome", outcome);
        delivered
    }
}
