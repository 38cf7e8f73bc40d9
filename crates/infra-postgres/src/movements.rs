//! The record of every change of stock.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{Timestamp, product::StockMovement};

use crate::{
    connection::Connection,
    error::Failure,
    schema::{ROWS_PER_STATEMENT, stock_movements},
};

#[derive(Insertable)]
#[diesel(table_name = stock_movements)]
struct NewRow {
    product_id: i64,
    delta: i64,
    reason: &'static str,
    #[diesel(treat_none_as_default_value = false)]
    order_id: Option<i64>,
    moved_by: i64,
    at: Timestamp,
}

/// Records changes of stock. Whoever calls this changes the stock in the same transaction.
pub(crate) async fn record(
    mut conn: &Connection,
    movements: impl IntoIterator<Item = StockMovement>,
) -> Result<(), Failure> {
    let rows: Vec<NewRow> = movements
        .into_iter()
        .map(|movement| NewRow {
            product_id: movement.product.get(),
            delta: movement.delta,
            reason: movement.reason.as_str(),
            order_id: movement.reason.order().map(domain::OrderId::get),
            moved_by: movement.moved_by.get(),
            at: movement.at,
        })
        .collect();
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        diesel::insert_into(stock_movements::table).values(chunk).execute(&mut conn).await?;
    }
    Ok(())
}
