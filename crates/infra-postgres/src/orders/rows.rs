//! Reading and locking orders by id, and reading their histories.

use std::collections::HashMap;

use diesel::{
    QueryResult,
    prelude::*,
    sql_types::{Array, BigInt, Text},
};
use diesel_async::RunQueryDsl;
use domain::{
    OrderId, StoreError,
    events::EventType,
    order::{Order, OrderEvent},
};
use futures::{FutureExt as _, future::BoxFuture};
use infra_sql::{LineRow, complete_orders, line_columns, order_columns};

use crate::{
    connection::Connection,
    database::DbOperation,
    error::{DbError, TxError},
    fields::{EventRow, OrderRow},
    journal::columns::{EventColumns, event_columns},
    schema::{order_lines, orders},
    typed_sql::TypedSql,
};

pub(super) struct FindOrder(pub(super) OrderId);

impl DbOperation for FindOrder {
    type Output = Option<Order>;
    type Error = StoreError;

    async fn run(&self, conn: &Connection) -> Result<Option<Order>, TxError<StoreError>> {
        Ok(find_all(conn, [self.0]).await?.remove(&self.0))
    }
}

/// Finds an order, in a transaction that changes its row: the commit of this transaction waits for
/// what that of the order has to wait for, such as a synchronous standby.
pub(super) struct LockOrder(pub(super) OrderId);

impl DbOperation for LockOrder {
    type Output = Option<Order>;
    type Error = StoreError;

    async fn run(&self, conn: &Connection) -> Result<Option<Order>, TxError<StoreError>> {
        Ok(lock(conn, self.0).await?)
    }
}

/// Finds an order, deleted or not.
pub(super) struct FindWithDeleted(pub(super) OrderId);

impl DbOperation for FindWithDeleted {
    type Output = Option<Order>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Option<Order>, TxError<StoreError>> {
        let id = self.0.get();
        let row = orders::table.find(id).select(order_columns!(orders)).load(&mut conn);
        Ok(with_lines(row.boxed(), load_lines(conn, &[id])).await?.pop())
    }
}

/// `$1` is the order, `$2` are the types of the history.
const HISTORY: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM events JOIN orders ON orders.id = order_id
    WHERE order_id = $1 AND type = ANY ($2) AND deleted_at IS NULL ORDER BY events.id DESC"
);

/// Reads the history of a live order, newest first.
pub(super) struct ReadHistory(pub(super) OrderId);

impl DbOperation for ReadHistory {
    type Output = Vec<OrderEvent>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Vec<OrderEvent>, TxError<StoreError>> {
        let history = EventType::HISTORY.map(EventType::as_str);
        let rows: Vec<EventRow> = TypedSql::<EventColumns, _>::reused(
            diesel::sql_query(HISTORY)
                .bind::<BigInt, _>(self.0.get())
                .bind::<Array<Text>, _>(history.as_slice()),
        )
        .load(&mut conn)
        .await?;
        let events = rows.into_iter().map(EventRow::into_history_entry);
        Ok(events.collect::<Result<_, _>>()?)
    }
}

/// The live order with this id, locked against changes until the transaction ends.
pub(super) async fn lock(mut conn: &Connection, id: OrderId) -> Result<Option<Order>, DbError> {
    let row = orders::table
        .find(id.get())
        .filter(orders::deleted_at.is_null())
        .select(order_columns!(orders))
        .for_update()
        .load(&mut conn);
    with_lines(row.boxed(), load_lines(conn, &[id.get()])).await.map(|mut found| found.pop())
}

/// The live orders among these ids, by id.
pub(super) async fn find_all(
    mut conn: &Connection,
    ids: impl IntoIterator<Item = OrderId>,
) -> Result<HashMap<OrderId, Order>, DbError> {
    let ids: Vec<i64> = ids.into_iter().map(OrderId::get).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = orders::table
        .filter(orders::id.eq_any(&ids))
        .filter(orders::deleted_at.is_null())
        .select(order_columns!(orders))
        .load(&mut conn);
    let found = with_lines(rows.boxed(), load_lines(conn, &ids)).await?;
    Ok(found.into_iter().map(|order| (order.id(), order)).collect())
}

/// The orders of these rows, in their order.
pub(super) async fn complete(
    conn: &Connection,
    rows: Vec<OrderRow>,
) -> Result<Vec<Order>, DbError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let lines = load_lines(conn, &ids).await?;
    Ok(complete_orders(rows, lines)?)
}

/// Reads rows and lines in one round trip. Lines are written with their order and never change, so
/// a transaction that sees the order sees its lines.
async fn with_lines(
    rows: BoxFuture<'_, QueryResult<Vec<OrderRow>>>,
    lines: BoxFuture<'_, QueryResult<Vec<LineRow>>>,
) -> Result<Vec<Order>, DbError> {
    let (rows, lines) = futures::join!(rows, lines);
    Ok(complete_orders(rows?, lines?)?)
}

/// The lines of these orders, by position.
fn load_lines<'a>(
    mut conn: &'a Connection,
    orders: &[i64],
) -> BoxFuture<'a, QueryResult<Vec<LineRow>>> {
    order_lines::table
        .filter(order_lines::order_id.eq_any(orders.to_vec()))
        .order_by((order_lines::order_id, order_lines::position))
        .select(line_columns!(order_lines))
        .load(&mut conn)
        .boxed()
}
