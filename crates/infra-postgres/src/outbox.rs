//! Writing what others want to know into the outbox. Delivering it is not done here.

use domain::{OrderId, Timestamp, outbox::OutboxMessage};
use futures::{FutureExt as _, future::BoxFuture};

use crate::{
    columns::{Column, Columns},
    connection::Connection,
    error::Failure,
};

/// Puts messages into the outbox, in this order, due at once.
pub(crate) fn push(
    conn: &Connection,
    messages: impl IntoIterator<Item = (OutboxMessage, Timestamp)>,
) -> BoxFuture<'_, Result<(), Failure>> {
    let (mut texts, mut about, mut due) = (Vec::new(), Vec::new(), Vec::new());
    for (message, at) in messages {
        match serde_json::to_string(&message) {
            Ok(text) => texts.push(text),
            Err(error) => return futures::future::ready(Err(error.into())).boxed(),
        }
        about.push(message.order().map(OrderId::get));
        due.push(at);
    }
    let columns = vec![Column::Texts(texts), Column::NumbersOrNull(about), Column::Moments(due)];
    let insert = "INSERT INTO outbox (message, order_id, created_at, next_attempt_at)
        SELECT message::jsonb, about, at, at FROM unnest(";
    let in_order = ") WITH ORDINALITY AS new (message, about, at, place) ORDER BY place";
    Columns::new(insert, columns, in_order).execute(conn)
}
