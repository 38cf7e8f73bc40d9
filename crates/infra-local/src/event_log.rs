//! The log channel of the outbox: one log line for each event.

use async_trait::async_trait;
use domain::{
    OrderId, TraceParent,
    outbox::{
        Channel, OutboxEvent,
        port::{DeliveryError, DeliveryReceipt, Envelope, EventHandler},
    },
};

/// Logs registrations, orders and their transitions: ids only, no personal data, and the id of the
/// trace.
///
/// An event that is delivered twice makes two log lines with the same `message_id`.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventLog;

#[async_trait]
impl EventHandler for EventLog {
    fn channel(&self) -> Channel {
        Channel::Log
    }

    async fn deliver(&self, envelope: &Envelope) -> Result<DeliveryReceipt, DeliveryError> {
        let Envelope { id, event, created_at, trace } = envelope;
        let (mut changed_by, mut transition) = (None, None);
        let message = match event {
            OutboxEvent::AccountRegistered { user_id } => format!("account {user_id} registered"),
            // An order to the mail channel: it reports no change.
            OutboxEvent::AccountMailRequested { .. } => return Ok(DeliveryReceipt::Done),
            OutboxEvent::OrderPlaced { order_id, user_id } => {
                format!("order {order_id} placed by account {user_id}")
            }
            OutboxEvent::OrderStatusChanged { order_id, user_id: _, changed_by: by, from, to } => {
                (changed_by, transition) = (Some(by.get()), Some((from.as_str(), to.as_str())));
                format!("order {order_id} changed from {from} to {to} by account {by}")
            }
            OutboxEvent::OrderDeleted { order_id, user_id: _, changed_by: by } => {
                changed_by = Some(by.get());
                format!("order {order_id} deleted by account {by}")
            }
        };
        tracing::info!(
            event = event.event(),
            message_id = id.get(),
            trace_id = trace.map(TraceParent::trace_hex),
            happened_at = created_at.to_rfc3339(),
            user_id = event.user().get(),
            order_id = event.order().map(OrderId::get),
            changed_by,
            from = transition.map(|(from, _to)| from),
            to = transition.map(|(_from, to)| to),
            "{message}"
        );
        Ok(DeliveryReceipt::Done)
    }
}
