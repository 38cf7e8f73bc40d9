//! Reading the history of an order.

use diesel::{SqliteConnection, prelude::*};
use domain::{
    EventId, OrderId, UserId,
    order::{NewOrderEvent, OrderEvent, OrderStatus},
};

use crate::{
    error::{Failure, Unreadable},
    schema::{order_events, orders},
    time::moment,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = order_events)]
struct EventRow {
    id: i64,
    order_id: i64,
    changed_by: i64,
    old_status: String,
    new_status: String,
    note: String,
    created_at: i64,
}

/// The history of a live order, newest first.
pub(super) fn events(
    conn: &mut SqliteConnection,
    order: OrderId,
) -> Result<Vec<OrderEvent>, Failure> {
    order_events::table
        .inner_join(orders::table)
        .filter(order_events::order_id.eq(order.get()))
        .filter(orders::deleted_at.is_null())
        .order_by(order_events::id.desc())
        .select(EventRow::as_select())
        .load(conn)?
        .into_iter()
        .map(EventRow::into_event)
        .collect()
}

impl EventRow {
    fn into_event(self) -> Result<OrderEvent, Failure> {
        let unreadable = |reason: &dyn ToString| Unreadable::new("order_events", &self.id, reason);
        let status = |word: &str| word.parse::<OrderStatus>().map_err(|error| unreadable(&error));
        Ok(OrderEvent {
            id: EventId::new(self.id),
            event: NewOrderEvent {
                order: OrderId::new(self.order_id),
                changed_by: UserId::new(self.changed_by),
                old_status: status(&self.old_status)?,
                new_status: status(&self.new_status)?,
                created_at: moment(self.created_at).ok_or_else(|| unreadable(&"created_at"))?,
                note: self.note,
            },
        })
    }
}
