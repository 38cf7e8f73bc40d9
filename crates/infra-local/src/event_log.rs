//! The log as a reader of the journal: one log line for each event.

use async_trait::async_trait;
use domain::{
    OrderId, ProductId, TraceParent, UserId,
    events::{
        DeliveryFailure, Event, EventRecord, JournalEvent, Subscription,
        port::{DeliveryMode, EventSubscriber, TroubleRule},
    },
};

/// Logs what happens: ids only, no personal data, and the id of the trace.
///
/// An event that is delivered twice makes two log lines with the same `message_id`.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventLog;

#[async_trait]
impl EventSubscriber for EventLog {
    fn subscription(&self) -> Subscription {
        Subscription::LOG
    }

    fn mode(&self) -> DeliveryMode {
        DeliveryMode::Batch
    }

    fn trouble_rule(&self) -> TroubleRule {
        TroubleRule::Never
    }

    fn wants(&self, event: &JournalEvent) -> bool {
        event.event.event_type().is_news()
    }

    async fn deliver(&self, events: &[JournalEvent]) -> Vec<Result<(), DeliveryFailure>> {
        for event in events {
            log(event);
        }
        vec![Ok(()); events.len()]
    }
}

fn log(JournalEvent { event, record }: &JournalEvent) {
    let transition = match event {
        Event::OrderStatusChanged { from, to } | Event::OrderDeleted { from, to } => {
            Some((from.as_str(), to.as_str()))
        }
        _ => None,
    };
    // Who registered or ordered is the account itself.
    let changed_by =
        record.actor.filter(|_| !matches!(event, Event::AccountRegistered | Event::OrderPlaced(_)));
    tracing::info!(
        event = event.event_type().snake_case(),
        message_id = record.id.get(),
        trace_id = record.trace.map(TraceParent::trace_hex),
        happened_at = record.at.to_rfc3339(),
        user_id = record.account.map(UserId::get),
        order_id = record.order.map(OrderId::get),
        product_id = record.product.map(ProductId::get),
        changed_by = changed_by.map(UserId::get),
        from = transition.map(|(from, _to)| from),
        to = transition.map(|(_from, to)| to),
        "{}",
        sentence(event, record)
    );
}

/// What happened, in words.
fn sentence(event: &Event, record: &EventRecord) -> String {
    let account = record.account.map_or(0, UserId::get);
    let order = record.order.map_or(0, OrderId::get);
    let product = record.product.map_or(0, ProductId::get);
    let by = record
        .actor
        .map_or_else(|| "by the program".to_owned(), |actor| format!("by account {actor}"));
    match event {
        Event::AccountRegistered => format!("account {account} registered"),
        Event::AccountChanged(_) => format!("account {account} changed {by}"),
        Event::AccountAddressChanged => format!("address of account {account} changed {by}"),
        Event::AccountRoleChanged(role) => {
            format!("role of account {account} changed to {role} {by}")
        }
        Event::AccountClosed => format!("account {account} closed {by}"),
        Event::AccountMailRequested(_) => format!("mail to account {account} requested"),
        Event::ProductCreated(_) => format!("product {product} created {by}"),
        Event::ProductChanged(_) => format!("product {product} changed {by}"),
        Event::ProductDeleted(_) => format!("product {product} deleted {by}"),
        Event::ProductRestored(_) => format!("product {product} restored {by}"),
        Event::OrderPlaced(_) => format!("order {order} placed by account {account}"),
        Event::OrderStatusChanged { from, to } => {
            format!("order {order} changed from {from} to {to} {by}")
        }
        Event::OrderDeleted { .. } => format!("order {order} deleted {by}"),
    }
}
