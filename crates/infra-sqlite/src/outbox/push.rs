//! Writes events into the outbox.

use diesel::{SqliteConnection, prelude::*};
use domain::{OrderId, Timestamp, TraceParent, outbox::OutboxEvent};

use crate::{
    error::DbError,
    schema::{ROWS_PER_STATEMENT, outbox},
    time::micros,
};

#[derive(Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
struct NewEventRow {
    message: String,
    order_id: Option<i64>,
    created_at: i64,
    next_attempt_at: i64,
    traceparent: Option<String>,
}

/// Inserts events into the outbox, in this order and due at once: each with the timestamp of what
/// happened, and the trace that it belongs to.
pub(crate) fn push(
    conn: &mut SqliteConnection,
    events: impl IntoIterator<Item = (OutboxEvent, Timestamp, Option<TraceParent>)>,
) -> Result<(), DbError> {
    let rows = events
        .into_iter()
        .map(|(event, at, trace)| {
            Ok(NewEventRow {
                message: serde_json::to_string(&event)?,
                order_id: event.order().map(OrderId::get),
                created_at: micros(at),
                next_attempt_at: micros(at),
                traceparent: trace.map(|trace| trace.to_string()),
            })
        })
        .collect::<Result<Vec<_>, DbError>>()?;
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        diesel::insert_into(outbox::table).values(chunk).execute(conn)?;
    }
    Ok(())
}
