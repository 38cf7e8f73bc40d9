//! Rows of the journal.

use diesel::Queryable;
use domain::{
    EventId, OrderId, ProductId, Timestamp, UserId, account::EmailAddress, events::EventRecord,
    order::OrderEvent,
};

use crate::{ColumnValue, Unreadable};

/// An event of the journal.
#[derive(Debug, Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct EventRow<Time> {
    pub id: i64,
    pub order_id: Option<i64>,
    pub product_id: Option<i64>,
    pub account_id: Option<i64>,
    pub actor: Option<i64>,
    pub at: Time,
    pub event_type: String,
    pub data: String,
    pub traceparent: Option<String>,
    pub recipient: Option<String>,
}

impl<Time: ColumnValue<Timestamp>> EventRow<Time> {
    /// Converts the row to an event. An unreadable trace or recipient is left out: the event is
    /// delivered like any other.
    ///
    /// # Errors
    /// [`Unreadable`] if the timestamp is invalid.
    pub fn into_record(self) -> Result<EventRecord, Unreadable> {
        let at = self.at.read();
        Ok(EventRecord {
            id: EventId::new(self.id),
            event_type: self.event_type,
            order: self.order_id.map(OrderId::new),
            product: self.product_id.map(ProductId::new),
            account: self.account_id.map(UserId::new),
            actor: self.actor.map(UserId::new),
            at: at.map_err(|error| Unreadable::new("events", &self.id, &error))?,
            data: self.data,
            trace: self.traceparent.and_then(|trace| trace.parse().ok()),
            recipient: self.recipient.and_then(|address| EmailAddress::restore(address).ok()),
        })
    }

    /// Converts the row of a status step to the entry of the order's history.
    ///
    /// # Errors
    /// [`Unreadable`] if the domain rejects a value, or the event is no status step.
    pub fn into_history_entry(self) -> Result<OrderEvent, Unreadable> {
        let id = self.id;
        let entry = self.into_record()?.history_entry();
        entry.ok_or_else(|| Unreadable::new("events", &id, &"it is no step of an order's status"))
    }
}
