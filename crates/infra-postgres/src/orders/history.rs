//! Reading the history of an order.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    EventId, OrderId, StoreError, Timestamp, UserId,
    order::{NewOrderEvent, OrderEvent, OrderStatus},
};

use crate::{
    connection::Connection,
    database::Work,
    error::{Abort, Failure, Unreadable},
    schema::{order_events, orders},
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
    created_at: Timestamp,
}

/// Reads the history of a live order, newest first.
pub(super) struct ReadHistory(pub(super) OrderId);

impl Work for ReadHistory {
    type Output = Vec<OrderEvent>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Vec<OrderEvent>, Abort<StoreError>> {
        let rows: Vec<EventRow> = order_events::table
            .inner_join(orders::table)
            .filter(order_events::order_id.eq(self.0.get()))
            .filter(orders::deleted_at.is_null())
            .order_by(order_events::id.desc())
            .select(EventRow::as_select())
            .load(&mut conn)
            .await?;
        let events = rows.into_iter().map(EventRow::into_event);
        Ok(events.collect::<Result<_, Failure>>()?)
    }
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
                created_at: self.created_at,
                note: self.note,
            },
        })
    }
}
