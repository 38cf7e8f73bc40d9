//! Writes placed orders with their lines, stock, movements and events, in a few statements for each
//! batch.

use diesel::{SqliteConnection, prelude::*};
use domain::order::{Order, OrderDraft, PlacedBatch};

use crate::{
    error::DbError,
    journal::append::append,
    movements,
    schema::{ROWS_PER_STATEMENT, order_lines, orders, products, sqlite_sequence},
    time::micros,
};

/// The greatest id that an order ever had. The program assigns the ids of orders, not SQLite, so
/// that lines and movements can refer to them. There is one writer, so no other transaction assigns
/// the same id.
pub(super) fn last_id(conn: &mut SqliteConnection) -> Result<i64, DbError> {
    let last = sqlite_sequence::table
        .filter(sqlite_sequence::name.eq("orders"))
        .select(sqlite_sequence::seq)
        .first(conn)
        .optional()?;
    Ok(last.unwrap_or(0))
}

#[derive(Insertable)]
#[diesel(table_name = orders, treat_none_as_default_value = false)]
struct NewOrderRow {
    id: i64,
    user_id: i64,
    customer_name: String,
    item_name: Option<String>,
    search_text: String,
    quantity: i64,
    currency: String,
    status: &'static str,
    version: i64,
    revision: i64,
    created_at: i64,
    updated_at: i64,
    idempotency_key: Option<String>,
    request_fingerprint: Option<Vec<u8>>,
}

impl NewOrderRow {
    fn of(order: &Order, draft: &OrderDraft) -> Self {
        let idempotency = draft.idempotency();
        Self {
            id: order.id().get(),
            user_id: order.placed_by().get(),
            customer_name: order.customer().as_str().to_owned(),
            item_name: order.content().free_form_item().map(|item| item.name.as_str().to_owned()),
            search_text: order.search_text(),
            quantity: order.quantity().get(),
            currency: order.currency().code().to_owned(),
            status: order.status().as_str(),
            version: order.version().get(),
            revision: order.revision().get(),
            created_at: micros(order.created_at()),
            updated_at: micros(order.updated_at()),
            idempotency_key: idempotency.map(|used| used.key.as_str().to_owned()),
            request_fingerprint: idempotency.map(|used| used.fingerprint.as_bytes().to_vec()),
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = order_lines, treat_none_as_default_value = false)]
struct NewLineRow<'a> {
    order_id: i64,
    position: i64,
    product_id: i64,
    name: &'a str,
    unit_price: i64,
    quantity: i64,
}

fn line_rows(order: &Order) -> impl Iterator<Item = NewLineRow<'_>> {
    (0..).zip(order.content().lines()).map(|(position, line)| NewLineRow {
        order_id: order.id().get(),
        position,
        product_id: line.product.get(),
        name: line.name.as_str(),
        unit_price: line.unit_price.minor(),
        quantity: line.quantity.get(),
    })
}

/// Writes the placed orders of a batch.
pub(super) fn write(conn: &mut SqliteConnection, batch: &PlacedBatch) -> Result<(), DbError> {
    let placed = batch.orders();
    let rows: Vec<_> = placed.iter().map(|(order, draft)| NewOrderRow::of(order, draft)).collect();
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        diesel::insert_into(orders::table).values(chunk).execute(conn)?;
    }
    let lines: Vec<_> = placed.iter().flat_map(|(order, _draft)| line_rows(order)).collect();
    for chunk in lines.chunks(ROWS_PER_STATEMENT) {
        diesel::insert_into(order_lines::table).values(chunk).execute(conn)?;
    }
    for (product, snapshot, taken_at) in batch.stock() {
        diesel::update(products::table.find(product.get()))
            .set((
                products::stock.eq(snapshot.stock.get()),
                products::revision.eq(snapshot.revision.get()),
                products::updated_at.eq(micros(*taken_at)),
            ))
            .execute(conn)?;
    }
    movements::record(conn, batch.movements())?;
    append(conn, batch.events())
}
