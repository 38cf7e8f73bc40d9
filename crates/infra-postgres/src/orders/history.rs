//! Reading the history of an order.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{OrderId, StoreError, order::OrderEvent};
use infra_sql::event_columns;

use crate::{
    connection::Connection,
    database::Work,
    error::Abort,
    fields::EventRow,
    schema::{order_events, orders},
};

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
            .select(event_columns!(order_events))
            .load(&mut conn)
            .await?;
        let events = rows.into_iter().map(EventRow::into_event);
        Ok(events.collect::<Result<_, _>>()?)
    }
}
