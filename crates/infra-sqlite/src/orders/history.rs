//! Reading the history of an order.

use diesel::{SqliteConnection, prelude::*};
use domain::{OrderId, order::OrderEvent};
use infra_sql::event_columns;

use crate::{
    error::Failure,
    fields::EventRow,
    schema::{order_events, orders},
};

/// The history of a live order, newest first.
pub(super) fn events(
    conn: &mut SqliteConnection,
    order: OrderId,
) -> Result<Vec<OrderEvent>, Failure> {
    let rows = order_events::table
        .inner_join(orders::table)
        .filter(order_events::order_id.eq(order.get()))
        .filter(orders::deleted_at.is_null())
        .order_by(order_events::id.desc())
        .select(event_columns!(order_events))
        .load::<EventRow>(conn)?;
    Ok(rows.into_iter().map(EventRow::into_event).collect::<Result<_, _>>()?)
}
