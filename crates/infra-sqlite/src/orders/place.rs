//! Placing orders: a batch is read, decided by the domain, and written.

mod snapshot;
mod write;

use std::collections::{BTreeSet, HashMap};

use diesel::{SqliteConnection, prelude::*};
use domain::{
    CustomerName, OrderId, PersonName,
    order::{
        NewOrder, Order, OrderDraft, PlaceRefusal, PlacementDecision, PlacementDemand,
        PlacementPlan, RequestedContent, decide_placement,
        port::{PlaceError, Placement},
    },
};

use super::rows;
use crate::{
    error::Failure,
    schema::{ROWS_PER_STATEMENT, users},
};

/// Places those of these orders that the rules allow. One result for each, in their order.
pub(crate) fn place(
    conn: &mut SqliteConnection,
    mut orders: Vec<NewOrder>,
) -> Result<Vec<Result<Placement, PlaceError>>, Failure> {
    forget_erased_customers(conn, &mut orders)?;
    let snapshot = snapshot::read(conn, &PlacementDemand::of(&orders))?;
    let PlacementPlan { decisions, shelf } = decide_placement(snapshot, orders);
    let mut next_id = write::last_id(conn)?;
    let mut drafts: HashMap<usize, (OrderId, &OrderDraft)> = HashMap::new();
    for (index, decision) in decisions.iter().enumerate() {
        if let Ok(PlacementDecision::Place(draft)) = decision {
            next_id += 1;
            drafts.insert(index, (OrderId::new(next_id), draft));
        }
    }
    let mut placed: Vec<(OrderId, &OrderDraft)> = drafts.values().copied().collect();
    placed.sort_by_key(|(id, _)| *id);
    let written = write::write(conn, &placed, &shelf)?;
    let replayed = rows::find_all(conn, &replayed_ids(&decisions))?;
    let results = decisions.iter().enumerate().map(|(index, decision)| {
        let (order, replayed) = match decision {
            Err(refusal) => return Ok(Err((*refusal).into())),
            Ok(PlacementDecision::Place(_)) => (fresh(&drafts, &written, index), false),
            Ok(PlacementDecision::ReplayOf(earlier)) => (fresh(&drafts, &written, *earlier), true),
            Ok(PlacementDecision::Replay(id)) => match replayed.get(id) {
                Some(order) => (Some(order), true),
                None => return Ok(Err(PlaceError::PlacedAndDeleted)),
            },
        };
        let order = order.ok_or(Failure::Impossible("a placed order is not in its batch"))?;
        Ok(Ok(Placement { order: order.clone(), replayed }))
    });
    results.collect()
}

/// The order that was placed for that index of the batch.
fn fresh<'a>(
    drafts: &HashMap<usize, (OrderId, &OrderDraft)>,
    written: &'a HashMap<OrderId, Order>,
    index: usize,
) -> Option<&'a Order> {
    drafts.get(&index).and_then(|(id, _)| written.get(id))
}

fn replayed_ids(decisions: &[Result<PlacementDecision, PlaceRefusal>]) -> Vec<i64> {
    let ids: BTreeSet<i64> = decisions
        .iter()
        .filter_map(|decision| match decision {
            Ok(PlacementDecision::Replay(id)) => Some(id.get()),
            _ => None,
        })
        .collect();
    ids.into_iter().collect()
}

/// Takes the name out of orders whose account was erased while they waited in the queue: it came from the
/// account, and nothing may be left of it.
fn forget_erased_customers(
    conn: &mut SqliteConnection,
    orders: &mut [NewOrder],
) -> Result<(), Failure> {
    let customers: BTreeSet<i64> = orders.iter().map(|order| order.placed_by.get()).collect();
    let mut erased: BTreeSet<i64> = BTreeSet::new();
    for ids in Vec::from_iter(customers).chunks(ROWS_PER_STATEMENT) {
        erased.extend(
            users::table
                .filter(users::id.eq_any(ids.iter().copied()))
                .filter(users::deleted_at.is_not_null())
                .select(users::id)
                .load::<i64>(conn)?,
        );
    }
    for order in orders {
        let named_by_account = matches!(order.content, RequestedContent::Products(_));
        if named_by_account && erased.contains(&order.placed_by.get()) {
            order.customer = CustomerName::from(&PersonName::of_deleted_account());
        }
    }
    Ok(())
}
