//! Writing events into the outbox.

use domain::{OrderId, Timestamp, TraceParent, outbox::OutboxEvent};
use futures::{FutureExt as _, future::BoxFuture};

use crate::{
    bulk_statement::{BulkStatement, ColumnArray},
    connection::Connection,
    error::DbError,
};

/// Writes events into the outbox, in this order, due at once: each with the time of what happened,
/// and its trace.
pub(crate) fn push(
    conn: &Connection,
    events: impl IntoIterator<Item = (OutboxEvent, Timestamp, Option<TraceParent>)>,
) -> BoxFuture<'_, Result<(), DbError>> {
    let (mut texts, mut orders) = (Vec::new(), Vec::new());
    let (mut times, mut traces) = (Vec::new(), Vec::new());
    for (event, at, trace) in events {
        match serde_json::to_string(&event) {
            Ok(text) => texts.push(text),
            Err(error) => {
                conn.mark_incomplete();
                return futures::future::ready(Err(error.into())).boxed();
            }
        }
        orders.push(event.order().map(OrderId::get));
        times.push(at);
        traces.push(trace.map(|trace| trace.to_string()));
    }
    let columns = vec![
        ColumnArray::Texts(texts),
        ColumnArray::NumbersOrNull(orders),
        ColumnArray::Timestamps(times),
        ColumnArray::TextsOrNull(traces),
    ];
    let insert = "INSERT INTO outbox (message, order_id, created_at, next_attempt_at, traceparent)
        SELECT message::jsonb, order_id, at, at, trace FROM unnest(";
    let in_order = ") WITH ORDINALITY AS new (message, order_id, at, trace, ordinal)
        ORDER BY ordinal";
    BulkStatement::new(insert, columns, in_order).execute(conn)
}
