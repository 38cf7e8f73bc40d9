//! Events as clients see them.

use domain::{
    OrderId, ProductId, Timestamp, UserId,
    events::{EventRecord, port::EventPage},
};
use serde::Serialize;
use serde_json::Value;

use crate::views::timestamp;

/// Something that happened.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventView {
    /// The number of the event. Later events have greater numbers; some are skipped.
    #[schema(example = 5001)]
    id: i64,
    /// The type, such as `order.placed`. There will be more types.
    #[serde(rename = "type")]
    #[schema(example = "order.status_changed")]
    event_type: String,
    /// The order that it happened to; `null` for other events.
    #[schema(required, example = 1001)]
    order_id: Option<i64>,
    /// The product that it happened to; `null` for other events.
    #[schema(required, example = json!(null))]
    product_id: Option<i64>,
    /// The account that it happened to, or that owns the order; `null` for products.
    #[schema(required, example = 7)]
    account_id: Option<i64>,
    /// The account that made the change; `null` if the program made it by itself.
    #[schema(required, example = 1)]
    actor: Option<i64>,
    /// The time of the change.
    #[serde(serialize_with = "timestamp")]
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    at: Timestamp,
    /// What happened, by type: without names and addresses. There may be more members later.
    #[schema(value_type = std::collections::BTreeMap<String, Value>, example = json!({"from": "pending", "to": "processing"}))]
    data: Value,
    /// The trace of the request that made the change, as a W3C `traceparent`; `null` without one.
    #[schema(required, example = json!(null))]
    traceparent: Option<String>,
}

impl From<EventRecord> for EventView {
    fn from(event: EventRecord) -> Self {
        Self {
            id: event.id.get(),
            event_type: event.event_type,
            order_id: event.order.map(OrderId::get),
            product_id: event.product.map(ProductId::get),
            account_id: event.account.map(UserId::get),
            actor: event.actor.map(UserId::get),
            at: event.at,
            // A constraint of the database keeps it from being anything but JSON.
            data: serde_json::from_str(&event.data).unwrap_or_default(),
            traceparent: event.trace.map(|trace| trace.to_string()),
        }
    }
}

/// A part of the feed.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = EventPage)]
pub(crate) struct EventPageView {
    /// The events, oldest first.
    data: Vec<EventView>,
    /// Where the next page begins: to be sent as `after`, with the same filters or with others. If
    /// there are no events, it may be beyond the last one that was sent, since events that the
    /// filters leave out need not be looked at again.
    #[schema(example = 5001)]
    next_after: i64,
}

impl From<EventPage> for EventPageView {
    fn from(page: EventPage) -> Self {
        Self {
            data: page.events.into_iter().map(EventView::from).collect(),
            next_after: page.next_after.get(),
        }
    }
}
