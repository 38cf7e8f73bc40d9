//! A line in the log for everything that happens in the shop.

use async_trait::async_trait;
use domain::{
    TraceParent,
    outbox::{
        Channel, OutboxMessage,
        port::{DeliveryError, Envelope, MessageHandler, Receipt},
    },
};

/// Tells the log of registrations, orders and their steps: numbers alone, no personal data, and
/// the trace that it belongs to.
///
/// A message that is delivered twice makes two lines, with the same `message_id`.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventLog;

#[async_trait]
impl MessageHandler for EventLog {
    fn channel(&self) -> Channel {
        Channel::Log
    }

    async fn deliver(&self, envelope: &Envelope) -> Result<Receipt, DeliveryError> {
        let Envelope { id, message, created_at, trace } = envelope;
        let (message_id, event) = (id.get(), message.event());
        let (user_id, happened_at) = (message.user().get(), created_at.to_rfc3339());
        let trace_id = trace.map(TraceParent::trace_hex);
        match message {
            OutboxMessage::AccountRegistered { user_id: user } => {
                tracing::info!(
                    event,
                    message_id,
                    trace_id,
                    happened_at,
                    user_id,
                    "account {user} registered"
                );
            }
            OutboxMessage::OrderPlaced { order_id, user_id: user } => {
                tracing::info!(
                    event,
                    message_id,
                    trace_id,
                    happened_at,
                    user_id,
                    order_id = order_id.get(),
                    "order {order_id} placed by account {user}"
                );
            }
            OutboxMessage::OrderStatusChanged { order_id, user_id: _, changed_by, from, to } => {
                tracing::info!(
                    event,
                    message_id,
                    trace_id,
                    happened_at,
                    user_id,
                    order_id = order_id.get(),
                    changed_by = changed_by.get(),
                    from = from.as_str(),
                    to = to.as_str(),
                    "order {order_id} changed from {from} to {to} by account {changed_by}"
                );
            }
            OutboxMessage::OrderDeleted { order_id, user_id: _, changed_by } => {
                tracing::info!(
                    event,
                    message_id,
                    trace_id,
                    happened_at,
                    user_id,
                    order_id = order_id.get(),
                    changed_by = changed_by.get(),
                    "order {order_id} deleted by account {changed_by}"
                );
            }
        }
        Ok(Receipt::Done)
    }
}
