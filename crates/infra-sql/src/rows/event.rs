//! The row of an entry of an order's history.

use diesel::Queryable;
use domain::{
    OrderEventId, OrderId, Timestamp, UserId,
    order::{NewOrderEvent, OrderEvent, OrderStatus},
};

use crate::{ColumnValue, Unreadable};

/// An entry of an order's history.
#[derive(Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct EventRow<Time, Status> {
    pub id: i64,
    pub order_id: i64,
    pub changed_by: i64,
    pub old_status: Status,
    pub new_status: Status,
    pub note: String,
    pub created_at: Time,
}

/// The columns of an [`EventRow`] in this table.
#[macro_export]
macro_rules! event_columns {
    ($order_events:ident) => {
        (
            $order_events::id,
            $order_events::order_id,
            $order_events::changed_by,
            $order_events::old_status,
            $order_events::new_status,
            $order_events::note,
            $order_events::created_at,
        )
    };
}

impl<Time: ColumnValue<Timestamp>, Status: ColumnValue<OrderStatus>> EventRow<Time, Status> {
    /// Converts the row to an entry.
    ///
    /// # Errors
    /// [`Unreadable`] if the domain rejects a value.
    pub fn into_event(self) -> Result<OrderEvent, Unreadable> {
        let unreadable = |reason: String| Unreadable::new("order_events", &self.id, &reason);
        Ok(OrderEvent {
            id: OrderEventId::new(self.id),
            event: NewOrderEvent {
                order: OrderId::new(self.order_id),
                changed_by: UserId::new(self.changed_by),
                old_status: self.old_status.read().map_err(unreadable)?,
                new_status: self.new_status.read().map_err(unreadable)?,
                created_at: self.created_at.read().map_err(unreadable)?,
                note: self.note,
            },
        })
    }
}
