//! The open orders of an account, to be changed together.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    TraceParent, UserId,
    order::{Order, OrderChange, OrderStatus},
};
use infra_sql::order_columns;

use super::{execute, rows};
use crate::{connection::Connection, error::DbError, schema::orders};

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

/// Writes changes of different orders that are locked, without committing.
pub(crate) async fn write(
    conn: &Connection,
    changes: &[OrderChange],
    trace: Option<TraceParent>,
) -> Result<(), DbError> {
    execute::write_all(conn, changes, trace).await
}
