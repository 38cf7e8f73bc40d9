//! The stock movements: one row for every change of stock.

use domain::{OrderId, product::StockMovement};
use futures::future::BoxFuture;

use crate::{
    bulk_statement::{BulkStatement, ColumnArray},
    connection::Connection,
    error::DbError,
};

/// Records changes of stock. The caller changes the stock in the same transaction.
pub(crate) fn record(
    conn: &Connection,
    movements: impl IntoIterator<Item = StockMovement>,
) -> BoxFuture<'_, Result<(), DbError>> {
    let movements: Vec<StockMovement> = movements.into_iter().collect();
    let columns = vec![
        ColumnArray::Numbers(movements.iter().map(|moved| moved.product.get()).collect()),
        ColumnArray::Numbers(movements.iter().map(|moved| moved.revision.get()).collect()),
        ColumnArray::Texts(movements.iter().map(|moved| moved.kind.as_str().to_owned()).collect()),
        ColumnArray::Numbers(movements.iter().map(|moved| moved.delta).collect()),
        ColumnArray::Numbers(movements.iter().map(|moved| moved.balance.get()).collect()),
        ColumnArray::NumbersOrNull(
            movements.iter().map(|moved| moved.kind.order().map(OrderId::get)).collect(),
        ),
        ColumnArray::Numbers(movements.iter().map(|moved| moved.moved_by.get()).collect()),
        ColumnArray::Timestamps(movements.iter().map(|moved| moved.at).collect()),
    ];
    let insert = "INSERT INTO stock_movements (
            product_id, id, kind, delta, balance, order_id, moved_by, at)
        SELECT * FROM unnest(";
    BulkStatement::new(insert, columns, ")").execute(conn)
}
