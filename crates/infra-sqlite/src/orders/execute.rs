//! Executes a command on an order: the domain decides, and this module writes the change.

use diesel::{SqliteConnection, prelude::*};
use domain::{
    ExpectedVersions, OrderId, Revision, Stock, Timestamp,
    account::Actor,
    order::{Order, OrderChange, OrderCommand, Restock, port::ExecuteOrderError},
};
use infra_sql::Unreadable;

use super::rows;
use crate::{
    error::{DbError, TxError},
    journal::append::append,
    movements,
    schema::{orders, products},
    time::micros,
};

/// Executes a command on an order and returns the changed order.
pub(super) fn execute(
    conn: &mut SqliteConnection,
    id: OrderId,
    command: OrderCommand,
    expected: &ExpectedVersions,
    actor: Actor,
    now: Timestamp,
) -> Result<Order, TxError<ExecuteOrderError>> {
    let order = rows::find(conn, id)?.ok_or(TxError::Refused(ExecuteOrderError::NotFound))?;
    let change = order
        .decide(&command, expected, actor, now)
        .map_err(|refusal| TxError::Refused(refusal.into()))?;
    write(conn, &change)?;
    Ok(change.order)
}

/// Writes a change of an order.
pub(super) fn write(conn: &mut SqliteConnection, change: &OrderChange) -> Result<(), DbError> {
    let OrderChange { order, deleted, event, restocks, .. } = change;
    let updated_at = micros(order.updated_at());
    diesel::update(orders::table.find(order.id().get()))
        .set((
            orders::status.eq(order.status().as_str()),
            orders::version.eq(order.version().get()),
            orders::revision.eq(order.revision().get()),
            orders::updated_at.eq(updated_at),
            orders::deleted_at.eq(deleted.then_some(updated_at)),
        ))
        .execute(conn)?;
    for units in restocks {
        let (balance, revision) = restock(conn, units, event.at)?;
        movements::record(conn, [change.movement(units, balance, revision)])?;
    }
    append(conn, [event.clone()])
}

/// Adds units to a product's stock, whether it is deleted or not. Returns its new stock and
/// revision.
fn restock(
    conn: &mut SqliteConnection,
    units: &Restock,
    now: Timestamp,
) -> Result<(Stock, Revision), DbError> {
    let (stock, revision): (i64, i64) = diesel::update(products::table.find(units.product.get()))
        .set((
            products::stock.eq(products::stock + units.quantity.get()),
            products::revision.eq(products::revision + 1),
            products::updated_at.eq(micros(now)),
        ))
        .returning((products::stock, products::revision))
        .get_result(conn)?;
    let stock = Stock::restore(stock)
        .map_err(|error| Unreadable::new("products", &units.product, &error))?;
    Ok((stock, Revision::new(revision)))
}
