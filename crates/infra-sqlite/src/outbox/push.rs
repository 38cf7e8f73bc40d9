//! Writing messages into the outbox.

use diesel::{SqliteConnection, prelude::*};
use domain::{OrderId, Timestamp, TraceParent, outbox::OutboxEvent};

use crate::{
    error::DbError,
    schema::{ROWS_PER_STATEMENT, outbox},
    time::micros,
};

#[derive(Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
struct NewRow {
    message: String,
    order_id: Option<i64>,
    created_at: i64,
    next_attempt_at: i64,
    traceparent: Option<String>,
}

/// Puts messages into the outbox, in this order, due at once: each with when what it tells of happened, and in which
/// trace.
pub(crate) fn push(
    conn: &mut SqliteConnection,
    messages: impl IntoIterator<Item = (OutboxEvent, Timestamp, Option<TraceParent>)>,
) -> Result<(), DbError> {
    let rows = messages
        .into_iter()
        .map(|(message, at, trace)| {
            Ok(NewRow {
                message: serde_json::to_string(&message)?,
                order_id: message.order().map(OrderId::get),
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
