//! Open orders: those of an account, to be changed together, and what they hold of a product.

use diesel::{dsl::sql, prelude::*, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use domain::{
    ProductId, Stock, UserId,
    order::{Order, OrderChange, OrderStatus},
};
use infra_sql::order_columns;

use super::{execute, rows};
use crate::{
    connection::Connection,
    error::DbError,
    schema::{order_lines, orders},
};

/// An account's live open orders with product lines, by ascending id, locked against changes until
/// the transaction ends.
pub(crate) async fn lock(mut conn: &Connection, user: UserId) -> Result<Vec<Order>, DbError> {
    let open = OrderStatus::ALL.into_iter().filter(|status| status.is_open());
    let locked = orders::table
        .filter(orders::user_id.eq(user.get()))
        .filter(orders::deleted_at.is_null())
        .filter(orders::item_name.is_null())
        .filter(orders::status.eq_any(open.map(OrderStatus::as_str)))
        .order_by(orders::id)
        .select(order_columns!(orders))
        .for_update()
        .load(&mut conn)
        .await?;
    rows::complete(conn, locked).await
}

/// The units of a product that live open orders hold. They go back to its stock if the orders are
/// cancelled.
pub(crate) async fn units_held(
    mut conn: &Connection,
    product: ProductId,
) -> Result<Stock, DbError> {
    let open = OrderStatus::ALL.into_iter().filter(|status| status.is_open());
    let units = order_lines::table
        .inner_join(orders::table.on(orders::id.eq(order_lines::order_id)))
        .filter(order_lines::product_id.eq(product.get()))
        .filter(orders::status.eq_any(open.map(OrderStatus::as_str)))
        .filter(orders::deleted_at.is_null())
        .select(sql::<BigInt>(
            "least(coalesce(sum(order_lines.quantity), 0), 9000000000000000000)::bigint",
        ))
        .get_result::<i64>(&mut conn)
        .await?;
    Ok(Stock::restore(units).unwrap_or(Stock::EMPTY))
}

/// Writes changes of different orders that are locked, without committing.
pub(crate) async fn write(conn: &Connection, changes: &[OrderChange]) -> Result<(), DbError> {
    execute::write_all(conn, changes).await
}
