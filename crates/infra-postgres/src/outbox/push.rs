//! Writing messages into the outbox.

use domain::{OrderId, Timestamp, TraceParent, outbox::OutboxEvent};
use futures::{FutureExt as _, future::BoxFuture};

use crate::{
    bulk_statement::{BulkStatement, Column},
    connection::Connection,
    error::DbError,
};

/// Puts messages into the outbox, in this order, due at once: each with when what it tells of happened, and in which
/// trace.
pub(crate) fn push(
    conn: &Connection,
    messages: impl IntoIterator<Item = (OutboxEvent, Timestamp, Option<TraceParent>)>,
) -> BoxFuture<'_, Result<(), DbError>> {
    let (mut texts, mut about) = (Vec::new(), Vec::new());
    let (mut due, mut traces) = (Vec::new(), Vec::new());
    for (message, at, trace) in messages {
        match serde_json::to_string(&message) {
            Ok(text) => texts.push(text),
            Err(error) => {
                conn.mark_incomplete();
                return futures::future::ready(Err(error.into())).boxed();
            }
        }
        about.push(message.order().map(OrderId::get));
        due.push(at);
        traces.push(trace.map(|trace| trace.to_string()));
    }
    let columns = vec![
        Column::Texts(texts),
        Column::NumbersOrNull(about),
        Column::Timestamps(due),
        Column::TextsOrNull(traces),
    ];
    let insert = "INSERT INTO outbox (message, order_id, created_at, next_attempt_at, traceparent)
        SELECT message::jsonb, about, at, at, trace FROM unnest(";
    let in_order = ") WITH ORDINALITY AS new (message, about, at, trace, place) ORDER BY place";
    BulkStatement::new(insert, columns, in_order).execute(conn)
}
