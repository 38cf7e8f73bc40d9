//! Executing a command on an order: writing what the domain decides.

use std::collections::BTreeSet;

use diesel::{QueryResult, prelude::*};
use diesel_async::RunQueryDsl;
use domain::{
    ExpectedVersions, OrderId, Timestamp,
    account::Actor,
    order::{Order, OrderChange, OrderCommand, port::ExecuteOrderError},
    product::MovementKind,
};
use futures::{FutureExt as _, future::BoxFuture};

use super::rows;
use crate::{
    bulk_statement::{BulkStatement, ColumnArray},
    connection::Connection,
    database::DbOperation,
    error::{DbError, TxError},
    journal::append::append,
    schema::orders,
};

/// How many changes are sent to the server at once.
const CHANGES_PER_ROUND_TRIP: usize = 50;

/// Executes a command on an order, and returns the changed order.
pub(super) struct Execute<'a> {
    pub(super) id: OrderId,
    pub(super) command: &'a OrderCommand,
    pub(super) expected: &'a ExpectedVersions,
    pub(super) actor: Actor,
    pub(super) now: Timestamp,
}

impl DbOperation for Execute<'_> {
    type Output = Order;
    type Error = ExecuteOrderError;

    async fn run(&self, conn: &Connection) -> Result<Order, TxError<ExecuteOrderError>> {
        let order = rows::lock(conn, self.id)
            .await?
            .ok_or(TxError::Refused(ExecuteOrderError::NotFound))?;
        let change = order
            .decide(self.command, self.expected, self.actor, self.now)
            .map_err(|refusal| TxError::Refused(refusal.into()))?;
        write_and_commit(conn, &change).await?;
        Ok(change.order)
    }
}

/// Writes a change of an order, and commits, in one round trip.
async fn write_and_commit(conn: &Connection, change: &OrderChange) -> Result<(), DbError> {
    // The server executes them in this order.
    let (order, locked, restocked, event, commit) = futures::join!(
        write_order(conn, change),
        lock_products(conn, std::slice::from_ref(change)),
        write_restocks(conn, change),
        append(conn, [change.event.clone()]),
        conn.commit(),
    );
    order?;
    locked?;
    restocked?;
    event?;
    Ok(commit?)
}

/// Writes changes of orders that are locked, without committing. All restocked products are locked
/// first, by ascending id.
pub(super) async fn write_all(conn: &Connection, changes: &[OrderChange]) -> Result<(), DbError> {
    lock_products(conn, changes).await?;
    for chunk in changes.chunks(CHANGES_PER_ROUND_TRIP) {
        let writing = chunk.iter().map(|change| {
            futures::future::join(write_order(conn, change), write_restocks(conn, change))
        });
        for (order, restocked) in futures::future::join_all(writing).await {
            order?;
            restocked?;
        }
        append(conn, chunk.iter().map(|change| change.event.clone())).await?;
    }
    Ok(())
}

fn write_order<'a>(
    mut conn: &'a Connection,
    change: &OrderChange,
) -> BoxFuture<'a, QueryResult<usize>> {
    let OrderChange { order, deleted, .. } = change;
    diesel::update(orders::table.find(order.id().get()))
        .set((
            orders::status.eq(order.status().as_str()),
            orders::version.eq(order.version().get()),
            orders::revision.eq(order.revision().get()),
            orders::updated_at.eq(order.updated_at()),
            orders::deleted_at.eq(deleted.then_some(order.updated_at())),
        ))
        .execute(&mut conn)
        .boxed()
}

/// Locks the restocked products by ascending id, as every transaction does. An UPDATE locks rows in
/// the order in which it finds them.
fn lock_products<'a>(
    conn: &'a Connection,
    changes: &[OrderChange],
) -> BoxFuture<'a, Result<(), DbError>> {
    let restocks = changes.iter().flat_map(|change| &change.restocks);
    let products: BTreeSet<i64> = restocks.map(|restock| restock.product.get()).collect();
    let products = products.into_iter().collect();
    let lock = "SELECT FROM products WHERE id = ANY(";
    let in_order = ") ORDER BY id FOR NO KEY UPDATE";
    BulkStatement::new(lock, vec![ColumnArray::Numbers(products)], in_order).execute(conn)
}

/// Adds the restocked units to the stock of the products, deleted or not, and records the
/// movements. The balances are known only in this statement.
fn write_restocks<'a>(
    conn: &'a Connection,
    change: &OrderChange,
) -> BoxFuture<'a, Result<(), DbError>> {
    let OrderChange { order, restocks, event, .. } = change;
    let kind = MovementKind::OrderCancelled(order.id());
    let columns = vec![
        ColumnArray::Numbers(restocks.iter().map(|restock| restock.product.get()).collect()),
        ColumnArray::Numbers(restocks.iter().map(|restock| restock.quantity.get()).collect()),
        ColumnArray::Texts(restocks.iter().map(|_restock| kind.as_str().to_owned()).collect()),
        ColumnArray::Numbers(restocks.iter().map(|_restock| order.id().get()).collect()),
        ColumnArray::Numbers(restocks.iter().map(|_restock| change.moved_by.get()).collect()),
        ColumnArray::Timestamps(restocks.iter().map(|_restock| event.at).collect()),
    ];
    let update = "WITH moved AS (
            UPDATE products SET stock = stock + restock.delta, revision = revision + 1,
                updated_at = restock.at
            FROM unnest(";
    let insert = ") AS restock (product_id, delta, kind, order_id, moved_by, at)
            WHERE products.id = restock.product_id
            RETURNING restock.*, products.revision, products.stock
        )
        INSERT INTO stock_movements (product_id, id, kind, delta, balance, order_id, moved_by, at)
        SELECT product_id, revision, kind, delta, stock, order_id, moved_by, at FROM moved";
    BulkStatement::new(update, columns, insert).execute(conn)
}
