//! Writing what others want to know into the outbox. Delivering it is not done here.

use diesel::{SqliteConnection, prelude::*};
use domain::{OrderId, Timestamp, outbox::OutboxMessage};

use crate::{
    error::Failure,
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
}

/// Puts messages into the outbox, in this order, due at once.
pub(crate) fn push(
    conn: &mut SqliteConnection,
    messages: impl IntoIterator<Item = (OutboxMessage, Timestamp)>,
) -> Result<(), Failure> {
    let rows = messages
        .into_iter()
        .map(|(message, at)| {
            Ok(NewRow {
                message: serde_json::to_string(&message)?,
                order_id: message.order().map(OrderId::get),
                created_at: micros(at),
                next_attempt_at: micros(at),
            })
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        diesel::insert_into(outbox::table).values(chunk).execute(conn)?;
    }
    Ok(())
}
