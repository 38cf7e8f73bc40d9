//! Appending events to the journal.

use domain::{OrderId, ProductId, UserId, account::EmailAddress, events::NewEvent};
use futures::future::BoxFuture;

use crate::{
    bulk_statement::{BulkStatement, ColumnArray},
    connection::Connection,
    error::DbError,
};

/// The subquery gives the transaction its id before the first number is drawn from the sequence, on
/// which [`settled`](super::settled) relies. Numbers ascend in the order of the events.
const INSERT: &str = "
    INSERT INTO events (order_id, product_id, account_id, actor, at, type, data, traceparent, recipient)
    SELECT order_id, product_id, account_id, actor, at, type, data::json, trace, recipient
    FROM (SELECT pg_current_xact_id() OFFSET 0) AS transaction, unnest(";
const IN_ORDER: &str = ") WITH ORDINALITY
        AS new (order_id, product_id, account_id, actor, at, type, data, trace, recipient, ordinal)
    ORDER BY ordinal";

/// Appends events, in this order. It is sent in the first poll.
pub(crate) fn append(
    conn: &Connection,
    events: impl IntoIterator<Item = NewEvent>,
) -> BoxFuture<'_, Result<(), DbError>> {
    let (mut orders, mut products, mut accounts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut actors, mut times, mut types) = (Vec::new(), Vec::new(), Vec::new());
    let (mut data, mut traces, mut recipients) = (Vec::new(), Vec::new(), Vec::new());
    for event in events {
        orders.push(event.order.map(OrderId::get));
        products.push(event.product.map(ProductId::get));
        accounts.push(event.account.map(UserId::get));
        actors.push(event.actor.map(UserId::get));
        times.push(event.at);
        types.push(event.event.event_type().as_str().to_owned());
        data.push(event.event.data());
        traces.push(event.trace.map(|trace| trace.to_string()));
        recipients.push(event.recipient.as_ref().map(EmailAddress::to_string));
    }
    let columns = vec![
        ColumnArray::NumbersOrNull(orders),
        ColumnArray::NumbersOrNull(products),
        ColumnArray::NumbersOrNull(accounts),
        ColumnArray::NumbersOrNull(actors),
        ColumnArray::Timestamps(times),
        ColumnArray::Texts(types),
        ColumnArray::Texts(data),
        ColumnArray::TextsOrNull(traces),
        ColumnArray::TextsOrNull(recipients),
    ];
    BulkStatement::new(INSERT, columns, IN_ORDER).execute(conn)
}
