//! A line in the log for everything that happens in the shop.

use async_trait::async_trait;
use domain::{
    OrderId, TraceParent,
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
        let (mut changed_by, mut step) = (None, None);
        let text = match message {
            OutboxMessage::AccountRegistered { user_id } => format!("account {user_id} registered"),
            OutboxMessage::OrderPlaced { order_id, user_id } => {
                format!("order {order_id} placed by account {user_id}")
            }
            OutboxMessage::OrderStatusChanged {
                order_id,
                user_id: _,
                changed_by: by,
                from,
                to,
            } => {
                (changed_by, step) = (Some(by.get()), Some((from.as_str(), to.as_str())));
                format!("order {order_id} changed from {from} to {to} by account {by}")
            }
            OutboxMessage::OrderDeleted { order_id, user_id: _, changed_by: by } => {
                changed_by = Some(by.get());
                format!("order {order_id} deleted by account {by}")
            }
        };
        tracing::info!(
            event = message.event(),
            message_id = id.get(),
            trace_id = trace.map(TraceParent::trace_hex),
            happened_at = created_at.to_rfc3339(),
            user_id = message.user().get(),
            order_id = message.order().map(OrderId::get),
            changed_by,
            from = step.map(|(from, _to)| from),
            to = step.map(|(_from, to)| to),
            "{text}"
        );
        Ok(Receipt::Done)
    }
}
