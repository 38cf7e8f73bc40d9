//! Parked events: which are due, and which orders they block.

use std::collections::{BTreeSet, HashSet};

use diesel::{
    SqliteConnection, alias,
    dsl::{exists, not, sql},
    prelude::*,
    sql_types::Bool,
};
use domain::{
    OrderId, Timestamp,
    events::{EventRecord, ParkedEvent, Subscription},
};
use infra_sql::parked_columns;

use super::columns::event_columns;
use crate::{
    error::DbError,
    fields::{EventRow, ParkedRow},
    schema::{ROWS_PER_STATEMENT, events, parked_events},
    time::micros,
};

// SQLite searches a partial index only if one of the statement's conditions is the index's own, in
// the same words.

/// The condition of the index of parked events by their next attempt.
const HAS_NEXT_ATTEMPT: &str = "parked_events.state IN ('retrying', 'waiting', 'unknown_type')";
/// The condition of the index of parked events of unknown types.
const IS_OF_UNKNOWN_TYPE: &str = "parked_events.state = 'unknown_type'";

/// The numbers of the first `limit` due events of a subscription, for a worker that knows these
/// types.
pub(super) fn due(
    conn: &mut SqliteConnection,
    subscription: &Subscription,
    now: Timestamp,
    known_types: &[String],
    limit: u32,
) -> Result<BTreeSet<i64>, DbError> {
    let earlier = alias!(parked_events as earlier);
    let is_blocked = || {
        let before = earlier
            .filter(earlier.field(parked_events::subscription).eq(parked_events::subscription))
            .filter(earlier.field(parked_events::order_id).eq(parked_events::order_id))
            .filter(earlier.field(parked_events::event_id).lt(parked_events::event_id))
            .filter(sql::<Bool>("earlier.state <> 'refused'"));
        exists(before)
    };
    let of_subscription =
        || parked_events::table.filter(parked_events::subscription.eq(subscription.as_str()));
    let mut due: BTreeSet<i64> = of_subscription()
        .filter(sql::<Bool>(HAS_NEXT_ATTEMPT))
        .filter(parked_events::next_attempt_at.le(micros(now)))
        .filter(not(is_blocked()))
        .order_by(parked_events::event_id)
        .limit(i64::from(limit))
        .select(parked_events::event_id)
        .load(conn)?
        .into_iter()
        .collect();
    let known: Vec<i64> = of_subscription()
        .inner_join(events::table)
        .filter(sql::<Bool>(IS_OF_UNKNOWN_TYPE))
        .filter(events::event_type.eq_any(known_types.iter().map(String::as_str)))
        .filter(not(is_blocked()))
        .order_by(parked_events::event_id)
        .limit(i64::from(limit))
        .select(parked_events::event_id)
        .load(conn)?;
    due.extend(known);
    Ok(due.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
}

/// The parked events with these numbers, oldest first.
pub(super) fn load(
    conn: &mut SqliteConnection,
    subscription: &Subscription,
    numbers: &BTreeSet<i64>,
) -> Result<Vec<(ParkedEvent, EventRecord)>, DbError> {
    let numbers: Vec<i64> = numbers.iter().copied().collect();
    let mut loaded = Vec::with_capacity(numbers.len());
    for numbers in numbers.chunks(ROWS_PER_STATEMENT) {
        let rows = parked_events::table
            .inner_join(events::table)
            .filter(parked_events::subscription.eq(subscription.as_str()))
            .filter(parked_events::event_id.eq_any(numbers.iter().copied()))
            .order_by(parked_events::event_id)
            .select((parked_columns!(parked_events), event_columns!()))
            .load::<(ParkedRow, EventRow)>(conn)?;
        for (parked, event) in rows {
            loaded.push((parked.into_parked()?, event.into_record()?));
        }
    }
    Ok(loaded)
}

/// The orders of these events of which an event is parked that blocks later ones.
pub(super) fn blocked(
    conn: &mut SqliteConnection,
    subscription: &Subscription,
    events: &[EventRecord],
) -> Result<HashSet<OrderId>, DbError> {
    let orders: BTreeSet<i64> =
        events.iter().filter_map(|event| event.order).map(OrderId::get).collect();
    let mut blocked = HashSet::new();
    for orders in Vec::from_iter(orders).chunks(ROWS_PER_STATEMENT) {
        let found = parked_events::table
            .filter(parked_events::subscription.eq(subscription.as_str()))
            .filter(parked_events::order_id.eq_any(orders.iter().copied()))
            .filter(sql::<Bool>("parked_events.state <> 'refused'"))
            .select(parked_events::order_id.assume_not_null())
            .distinct()
            .load::<i64>(conn)?;
        blocked.extend(found.into_iter().map(OrderId::new));
    }
    Ok(blocked)
}
