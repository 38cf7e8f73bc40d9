//! Writes stock movements.

use diesel::{SqliteConnection, prelude::*};
use domain::product::StockMovement;

use crate::{
    error::DbError,
    schema::{ROWS_PER_STATEMENT, stock_movements},
    time::micros,
};

// Without `treat_none_as_default_value = false` the query builder would insert the rows of a batch
// one by one, in a transaction that fails inside the writer's.
#[derive(Insertable)]
#[diesel(table_name = stock_movements, treat_none_as_default_value = false)]
struct NewMovementRow {
    product_id: i64,
    id: i64,
    kind: &'static str,
    delta: i64,
    balance: i64,
    order_id: Option<i64>,
    moved_by: i64,
    at: i64,
}

/// Writes stock movements. The caller changes the stock in the same transaction.
pub(crate) fn record(
    conn: &mut SqliteConnection,
    movements: impl IntoIterator<Item = StockMovement>,
) -> Result<(), DbError> {
    let rows: Vec<NewMovementRow> = movements
        .into_iter()
        .map(|movement| NewMovementRow {
            product_id: movement.product.get(),
            id: movement.revision.get(),
            kind: movement.kind.as_str(),
            delta: movement.delta,
            balance: movement.balance.get(),
            order_id: movement.kind.order().map(domain::OrderId::get),
            moved_by: movement.moved_by.get(),
            at: micros(movement.at),
        })
        .collect();
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        diesel::insert_into(stock_movements::table).values(chunk).execute(conn)?;
    }
    Ok(())
}
