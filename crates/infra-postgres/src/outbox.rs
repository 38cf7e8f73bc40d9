//! Writing what others want to know into the outbox. Delivering it is not done here.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{OrderId, Timestamp, outbox::OutboxMessage};

use crate::{
    connection::Connection,
    error::Failure,
    schema::{ROWS_PER_STATEMENT, outbox},
};

#[derive(Insertable)]
#[diesel(table_name = outbox)]
struct NewRow {
    message: serde_json::Value,
    #[diesel(treat_none_as_default_value = false)]
    order_id: Option<i64>,
    created_at: Timestamp,
    next_attempt_at: Timestamp,
}

/// Puts messages into the outbox, in this order, due at once.
pub(crate) async fn push(
    mut conn: &Connection,
    messages: impl IntoIterator<Item = (OutboxMessage, Timestamp)>,
) -> Result<(), Failure> {
    let rows = messages
        .into_iter()
        .map(|(message, at)| {
            Ok(NewRow {
                message: serde_json::to_value(&message)?,
                order_id: message.order().map(OrderId::get),
                created_at: at,
                next_attempt_at: at,
            })
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        diesel::insert_into(outbox::table).values(chunk).execute(&mut conn).await?;
    }
    Ok(())
}
