//! Writing placed orders with their lines, stock, movements and events, and committing, in one
//! round trip.

use domain::{
    Timestamp,
    order::{Order, OrderDraft, PlacedBatch, ProductSnapshot},
};
use futures::future::BoxFuture;

use crate::{
    bulk_statement::{BulkStatement, ColumnArray},
    connection::Connection,
    error::DbError,
    journal::append::append,
    movements,
};

/// Writes the placed orders of a batch and everything that belongs to them, and commits.
pub(super) async fn write_and_commit(
    conn: &Connection,
    batch: &PlacedBatch,
) -> Result<(), DbError> {
    // The server executes them in this order.
    let (orders, lines, stock, movements, events, commit) = futures::join!(
        write_orders(conn, batch.orders()),
        write_lines(conn, batch.orders()),
        write_stock(conn, batch),
        movements::record(conn, batch.movements()),
        append(conn, batch.events()),
        conn.commit(),
    );
    orders?;
    lines?;
    stock?;
    movements?;
    events?;
    Ok(commit?)
}

fn write_orders<'a>(
    conn: &'a Connection,
    placed: &[(Order, OrderDraft)],
) -> BoxFuture<'a, Result<(), DbError>> {
    let numbers = |of: fn(&Order) -> i64| {
        ColumnArray::Numbers(placed.iter().map(|(order, _draft)| of(order)).collect())
    };
    let texts = |of: fn(&Order) -> String| {
        ColumnArray::Texts(placed.iter().map(|(order, _draft)| of(order)).collect())
    };
    let timestamps = |of: fn(&Order) -> Timestamp| {
        ColumnArray::Timestamps(placed.iter().map(|(order, _draft)| of(order)).collect())
    };
    let item =
        |order: &Order| order.content().free_form_item().map(|item| item.name.as_str().to_owned());
    let key = |draft: &OrderDraft| draft.idempotency().map(|used| used.key.as_str().to_owned());
    let fingerprint =
        |draft: &OrderDraft| draft.idempotency().map(|used| used.fingerprint.as_bytes().to_vec());
    let columns = vec![
        numbers(|order| order.id().get()),
        numbers(|order| order.placed_by().get()),
        texts(|order| order.customer().as_str().to_owned()),
        ColumnArray::TextsOrNull(placed.iter().map(|(order, _draft)| item(order)).collect()),
        texts(Order::search_text),
        numbers(|order| order.quantity().get()),
        texts(|order| order.currency().code().to_owned()),
        texts(|order| order.status().as_str().to_owned()),
        numbers(|order| order.version().get()),
        numbers(|order| order.revision().get()),
        timestamps(Order::created_at),
        timestamps(Order::updated_at),
        ColumnArray::TextsOrNull(placed.iter().map(|(_order, draft)| key(draft)).collect()),
        ColumnArray::BytesOrNull(placed.iter().map(|(_order, draft)| fingerprint(draft)).collect()),
    ];
    let insert = "INSERT INTO orders (id, user_id, customer_name, item_name, search_text,
            quantity, currency, status, version, revision, created_at, updated_at,
            idempotency_key, request_fingerprint)
        SELECT * FROM unnest(";
    BulkStatement::new(insert, columns, ")").execute(conn)
}

fn write_lines<'a>(
    conn: &'a Connection,
    placed: &[(Order, OrderDraft)],
) -> BoxFuture<'a, Result<(), DbError>> {
    let (mut orders, mut positions, mut products) = (Vec::new(), Vec::new(), Vec::new());
    let (mut names, mut prices, mut quantities) = (Vec::new(), Vec::new(), Vec::new());
    for (order, _draft) in placed {
        for (position, line) in (0..).zip(order.content().lines()) {
            orders.push(order.id().get());
            positions.push(position);
            products.push(line.product.get());
            names.push(line.name.as_str().to_owned());
            prices.push(line.unit_price.minor());
            quantities.push(line.quantity.get());
        }
    }
    let columns = vec![
        ColumnArray::Numbers(orders),
        ColumnArray::Numbers(positions),
        ColumnArray::Numbers(products),
        ColumnArray::Texts(names),
        ColumnArray::Numbers(prices),
        ColumnArray::Numbers(quantities),
    ];
    let insert =
        "INSERT INTO order_lines (order_id, position, product_id, name, unit_price, quantity)
        SELECT * FROM unnest(";
    BulkStatement::new(insert, columns, ")").execute(conn)
}

/// Writes the products whose stock changes, with the time of the last order that took some of it.
fn write_stock<'a>(
    conn: &'a Connection,
    batch: &PlacedBatch,
) -> BoxFuture<'a, Result<(), DbError>> {
    let stock = batch.stock();
    let numbers = |of: fn(&ProductSnapshot) -> i64| {
        ColumnArray::Numbers(stock.iter().map(|(_product, item, _at)| of(item)).collect())
    };
    let columns = vec![
        ColumnArray::Numbers(stock.iter().map(|(product, ..)| product.get()).collect()),
        numbers(|item| item.stock.get()),
        numbers(|item| item.revision.get()),
        ColumnArray::Timestamps(stock.iter().map(|(.., at)| *at).collect()),
    ];
    let update = "UPDATE products
        SET stock = new.stock, revision = new.revision, updated_at = new.at
        FROM unnest(";
    let by_id = ") AS new (id, stock, revision, at) WHERE products.id = new.id";
    BulkStatement::new(update, columns, by_id).execute(conn)
}
