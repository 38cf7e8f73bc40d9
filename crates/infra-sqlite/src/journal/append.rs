//! Appending events to the journal.

use diesel::{SqliteConnection, prelude::*};
use domain::{OrderId, ProductId, UserId, account::EmailAddress, events::NewEvent};

use crate::{
    error::DbError,
    schema::{ROWS_PER_STATEMENT, events},
    time::micros,
};

#[derive(Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
struct NewEventRow {
    order_id: Option<i64>,
    product_id: Option<i64>,
    account_id: Option<i64>,
    actor: Option<i64>,
    at: i64,
    event_type: &'static str,
    data: String,
    traceparent: Option<String>,
    recipient: Option<String>,
}

impl From<NewEvent> for NewEventRow {
    fn from(event: NewEvent) -> Self {
        Self {
            order_id: event.order.map(OrderId::get),
            product_id: event.product.map(ProductId::get),
            account_id: event.account.map(UserId::get),
            actor: event.actor.map(UserId::get),
            at: micros(event.at),
            event_type: event.event.event_type().as_str(),
            data: event.event.data(),
            traceparent: event.trace.map(|trace| trace.to_string()),
            recipient: event.recipient.as_ref().map(EmailAddress::to_string),
        }
    }
}

/// Appends events, in this order.
pub(crate) fn append(
    conn: &mut SqliteConnection,
    events: impl IntoIterator<Item = NewEvent>,
) -> Result<(), DbError> {
    let rows: Vec<NewEventRow> = events.into_iter().map(NewEventRow::from).collect();
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        diesel::insert_into(events::table).values(chunk).execute(conn)?;
    }
    Ok(())
}
