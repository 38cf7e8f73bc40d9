//! Reads orders by id, their lines, and their histories.

use std::collections::HashMap;

use diesel::{SqliteConnection, prelude::*};
use domain::{
    OrderId,
    events::EventType,
    order::{Order, OrderEvent},
};
use infra_sql::{LineRow, complete_orders, line_columns, order_columns};

use crate::{
    error::DbError,
    fields::{EventRow, OrderRow},
    journal::columns::event_columns,
    schema::{ROWS_PER_STATEMENT, events, order_lines, orders},
};

/// The live order with this id.
pub(super) fn find(conn: &mut SqliteConnection, id: OrderId) -> Result<Option<Order>, DbError> {
    let row = orders::table
        .find(id.get())
        .filter(orders::deleted_at.is_null())
        .select(order_columns!(orders))
        .first(conn)
        .optional()?;
    let found = complete(conn, Vec::from_iter(row))?;
    Ok(found.into_iter().next())
}

/// The order with that id, deleted or not.
pub(super) fn find_with_deleted(
    conn: &mut SqliteConnection,
    id: OrderId,
) -> Result<Option<Order>, DbError> {
    let row = orders::table.find(id.get()).select(order_columns!(orders)).first(conn).optional()?;
    let found = complete(conn, Vec::from_iter(row))?;
    Ok(found.into_iter().next())
}

/// The live orders among those with these ids, by id.
pub(super) fn find_all(
    conn: &mut SqliteConnection,
    ids: impl IntoIterator<Item = OrderId>,
) -> Result<HashMap<OrderId, Order>, DbError> {
    let ids: Vec<i64> = ids.into_iter().map(OrderId::get).collect();
    let mut found = HashMap::new();
    for ids in ids.chunks(ROWS_PER_STATEMENT) {
        let rows = orders::table
            .filter(orders::id.eq_any(ids.iter().copied()))
            .filter(orders::deleted_at.is_null())
            .select(order_columns!(orders))
            .load(conn)?;
        found.extend(complete(conn, rows)?.into_iter().map(|order| (order.id(), order)));
    }
    Ok(found)
}

/// The orders of these rows, in their order. Reads the lines of all of them at once.
pub(super) fn complete(
    conn: &mut SqliteConnection,
    rows: Vec<OrderRow>,
) -> Result<Vec<Order>, DbError> {
    let with_lines: Vec<i64> =
        rows.iter().filter(|row| row.item_name.is_none()).map(|row| row.id).collect();
    let lines = load_lines(conn, &with_lines)?;
    Ok(complete_orders(rows, lines)?)
}

fn load_lines(conn: &mut SqliteConnection, orders: &[i64]) -> Result<Vec<LineRow>, DbError> {
    let lines = order_lines::table
        .select(line_columns!(order_lines))
        .order_by((order_lines::order_id, order_lines::position));
    Ok(match orders {
        [] => Vec::new(),
        // The statement for one order is always the same, so it is prepared only once.
        [order] => lines.filter(order_lines::order_id.eq(order)).load(conn)?,
        many => lines.filter(order_lines::order_id.eq_any(many.iter().copied())).load(conn)?,
    })
}

/// The history of a live order, newest first.
pub(crate) fn events(
    conn: &mut SqliteConnection,
    order: OrderId,
) -> Result<Vec<OrderEvent>, DbError> {
    let rows = events::table
        .inner_join(orders::table)
        .filter(events::order_id.eq(order.get()))
        .filter(events::event_type.eq_any(EventType::HISTORY.map(EventType::as_str)))
        .filter(orders::deleted_at.is_null())
        .order_by(events::id.desc())
        .select(event_columns!())
        .load::<EventRow>(conn)?;
    Ok(rows.into_iter().map(EventRow::into_history_entry).collect::<Result<_, _>>()?)
}
