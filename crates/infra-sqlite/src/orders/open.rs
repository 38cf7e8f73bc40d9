//! Open orders: those of an account, to be changed together, and what they hold of a product.

use diesel::{SqliteConnection, dsl::sql, prelude::*, sql_types::BigInt};
use domain::{
    ProductId, Stock, UserId,
    order::{Order, OrderChange, OrderStatus},
};
use infra_sql::order_columns;

use super::{execute, rows};
use crate::{
    error::DbError,
    fields::OrderRow,
    schema::{ROWS_PER_STATEMENT, order_lines, orders},
};

/// An account's live open orders with product lines, by ascending id.
pub(crate) fn find(conn: &mut SqliteConnection, user: UserId) -> Result<Vec<Order>, DbError> {
    let open = OrderStatus::ALL.into_iter().filter(|status| status.is_open());
    let ids = orders::table
        .filter(orders::user_id.eq(user.get()))
        .filter(orders::deleted_at.is_null())
        .filter(orders::item_name.is_null())
        .filter(orders::status.eq_any(open.map(OrderStatus::as_str)))
        .order_by(orders::id)
        .select(orders::id)
        .load::<i64>(conn)?;
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(ROWS_PER_STATEMENT) {
        let rows = orders::table
            .filter(orders::id.eq_any(ids.iter().copied()))
            .order_by(orders::id)
            .select(order_columns!(orders))
            .load::<OrderRow>(conn)?;
        found.extend(rows::complete(conn, rows)?);
    }
    Ok(found)
}

/// The units of a product that live open orders hold. They go back to its stock if the orders are
/// cancelled.
pub(crate) fn units_held(
    conn: &mut SqliteConnection,
    product: ProductId,
) -> Result<Stock, DbError> {
    let open = OrderStatus::ALL.into_iter().filter(|status| status.is_open());
    let units = order_lines::table
        .inner_join(orders::table.on(orders::id.eq(order_lines::order_id)))
        .filter(order_lines::product_id.eq(product.get()))
        .filter(orders::status.eq_any(open.map(OrderStatus::as_str)))
        .filter(orders::deleted_at.is_null())
        // The sum of integers would fail beyond 64 bits; that of numbers below 2^53 is exact.
        .select(sql::<BigInt>("CAST(min(total(order_lines.quantity), 9e18) AS INTEGER)"))
        .get_result::<i64>(conn)?;
    Ok(Stock::restore(units).unwrap_or(Stock::EMPTY))
}

/// Writes changes of different orders.
pub(crate) fn write(conn: &mut SqliteConnection, changes: &[OrderChange]) -> Result<(), DbError> {
    changes.iter().try_for_each(|change| execute::write(conn, change))
}
