//! Places orders: reads what a batch needs, lets the domain decide, and writes the result.

mod snapshot;
mod write;

use std::collections::BTreeSet;

use diesel::{SqliteConnection, prelude::*};
use domain::{
    OrderId, UserId,
    order::{
        NewOrder, PlacementDemand, PlacementSnapshot, decide_placement,
        port::{PlaceError, Placement},
    },
};

use super::rows;
use crate::{
    error::DbError,
    schema::{ROWS_PER_STATEMENT, users},
};

/// Places the orders that the domain accepts. Returns one result for each order, in their order.
pub(crate) fn place(
    conn: &mut SqliteConnection,
    orders: Vec<NewOrder>,
) -> Result<Vec<Result<Placement, PlaceError>>, DbError> {
    let erased = find_erased(conn, &orders)?;
    let snapshot = snapshot::read(conn, &PlacementDemand::of(&orders))?;
    let plan = decide_placement(PlacementSnapshot { erased, ..snapshot }, orders);
    let first_free = write::last_id(conn)? + 1;
    let batch = plan.number((first_free..).map(OrderId::new))?;
    write::write(conn, &batch)?;
    let before = rows::find_all(conn, batch.replayed_ids())?;
    Ok(batch.results(&before))
}

/// The customers whose accounts were erased, possibly while their orders were queued.
fn find_erased(
    conn: &mut SqliteConnection,
    orders: &[NewOrder],
) -> Result<BTreeSet<UserId>, DbError> {
    let customers: BTreeSet<i64> = orders.iter().map(|order| order.placed_by.get()).collect();
    let mut erased = BTreeSet::new();
    for ids in Vec::from_iter(customers).chunks(ROWS_PER_STATEMENT) {
        let ids = users::table
            .filter(users::id.eq_any(ids.iter().copied()))
            .filter(users::deleted_at.is_not_null())
            .select(users::id)
            .load::<i64>(conn)?;
        erased.extend(ids.into_iter().map(UserId::new));
    }
    Ok(erased)
}
