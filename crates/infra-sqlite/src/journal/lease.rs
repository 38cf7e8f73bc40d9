//! Leasing a subscription, and reading what there is to do for it.

use std::collections::HashSet;

use diesel::{
    SqliteConnection, alias,
    dsl::{exists, max, not},
    prelude::*,
};
use domain::{
    EventId, OrderId, Timestamp,
    events::{
        EventRecord,
        port::{LeaseRequest, LeasedBatch},
    },
};
use infra_sql::{SubscriptionState, ahead_text, parked_columns, subscription_columns};

use super::columns::event_columns;
use crate::{
    error::DbError,
    fields::{EventRow, ParkedRow, SubscriptionRow},
    schema::{ROWS_PER_STATEMENT, events, parked_events, subscriptions},
    time::micros,
};

/// What a worker asks for, as the threads of the connections hold it.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    subscription: String,
    name: String,
    now: i64,
    until: Timestamp,
    limit: i64,
    known_types: Vec<String>,
}

impl Worker {
    pub(crate) fn of(request: &LeaseRequest<'_>) -> Self {
        Self {
            subscription: request.subscription.as_str().to_owned(),
            name: request.worker.as_str().to_owned(),
            now: micros(request.now),
            until: request.until,
            limit: i64::from(request.limit),
            known_types: request.known_types.iter().map(|&name| name.to_owned()).collect(),
        }
    }
}

/// The parked events that are due for a worker, with their events.
macro_rules! due {
    ($worker:expr) => {{
        let worker: &Worker = $worker;
        let earlier = alias!(parked_events as earlier);
        let before = earlier
            .filter(earlier.field(parked_events::subscription).eq(parked_events::subscription))
            .filter(earlier.field(parked_events::order_id).eq(parked_events::order_id))
            .filter(earlier.field(parked_events::event_id).lt(parked_events::event_id))
            .filter(earlier.field(parked_events::state).ne("refused"));
        let in_time = parked_events::next_attempt_at.le(worker.now);
        let known = events::event_type.eq_any(worker.known_types.iter().map(String::as_str));
        parked_events::table
            .inner_join(events::table)
            .filter(parked_events::subscription.eq(worker.subscription.as_str()))
            .filter(
                parked_events::state
                    .eq_any(["retrying", "waiting"])
                    .and(in_time)
                    .or(parked_events::state.eq("unknown_type").and(known.or(in_time))),
            )
            .filter(not(exists(before)))
    }};
}

/// Something to do for a subscription.
pub(crate) struct Found {
    pub(crate) state: SubscriptionState,
    /// Whether the worker has the lease.
    pub(crate) held: bool,
    has_due: bool,
    next: Vec<EventRecord>,
}

/// Looks for something to do, without writing. `None` if there is nothing, if the subscription
/// pauses, or if another worker has it.
pub(crate) fn look(conn: &mut SqliteConnection, worker: &Worker) -> Result<Option<Found>, DbError> {
    let free = subscriptions::leased_until.is_null().or(subscriptions::leased_until.le(worker.now));
    let own = subscriptions::leased_by.eq(&worker.name);
    let found = subscriptions::table
        .find(&worker.subscription)
        .filter(
            subscriptions::paused_until.is_null().or(subscriptions::paused_until.le(worker.now)),
        )
        .filter(free.or(own))
        .select((
            subscription_columns!(subscriptions),
            subscriptions::leased_by,
            subscriptions::leased_until,
        ))
        .first::<(SubscriptionRow, Option<String>, Option<i64>)>(conn)
        .optional()?;
    let Some((row, holder, until)) = found else { return Ok(None) };
    let state = row.into_state()?;
    let held = holder.as_ref() == Some(&worker.name) && until.is_some_and(|end| end > worker.now);
    let has_due = diesel::select(exists(due!(worker))).get_result(conn)?;
    let next = next(conn, &state, worker.limit)?;
    Ok((has_due || !next.is_empty()).then_some(Found { state, held, has_due, next }))
}

/// Takes the lease, if the subscription is still as it was found. Returns whether it did.
pub(crate) fn take(
    conn: &mut SqliteConnection,
    worker: &Worker,
    found: &SubscriptionState,
) -> Result<bool, DbError> {
    let free = subscriptions::table
        .filter(subscriptions::name.eq(&worker.subscription))
        .filter(subscriptions::position.eq(found.position.get()))
        .filter(subscriptions::ahead.eq(ahead_text(&found.ahead)))
        .filter(
            subscriptions::leased_until.is_null().or(subscriptions::leased_until.le(worker.now)),
        )
        .filter(
            subscriptions::paused_until.is_null().or(subscriptions::paused_until.le(worker.now)),
        );
    let taken = diesel::update(free)
        .set((
            subscriptions::leased_by.eq(&worker.name),
            subscriptions::leased_until.eq(micros(worker.until)),
        ))
        .execute(conn)?;
    Ok(taken == 1)
}

/// Reads what else a worker needs that has the lease.
pub(crate) fn complete(
    conn: &mut SqliteConnection,
    worker: &Worker,
    found: Found,
) -> Result<LeasedBatch, DbError> {
    let Found { state: SubscriptionState { position, ahead, receiver }, has_due, next, .. } = found;
    let mut parked = Vec::new();
    if has_due {
        let rows: Vec<(ParkedRow, EventRow)> = due!(worker)
            .order_by(parked_events::event_id)
            .limit(worker.limit)
            .select((parked_columns!(parked_events), event_columns!()))
            .load(conn)?;
        for (row, event) in rows {
            parked.push((row.into_parked()?, event.into_record()?));
        }
    }
    let orders: Vec<i64> = next.iter().filter_map(|event| event.order).map(OrderId::get).collect();
    let mut blocked = HashSet::new();
    for orders in orders.chunks(ROWS_PER_STATEMENT) {
        let of_orders: Vec<Option<i64>> = parked_events::table
            .filter(parked_events::subscription.eq(&worker.subscription))
            .filter(parked_events::order_id.eq_any(orders.iter().copied()))
            .filter(parked_events::state.ne("refused"))
            .select(parked_events::order_id)
            .distinct()
            .load(conn)?;
        blocked.extend(of_orders.into_iter().flatten().map(OrderId::new));
    }
    Ok(LeasedBatch { position, ahead, receiver, parked, next, blocked })
}

/// The next events behind a position, without those that were passed ahead of it.
fn next(
    conn: &mut SqliteConnection,
    state: &SubscriptionState,
    limit: i64,
) -> Result<Vec<EventRecord>, DbError> {
    let newest: Option<i64> = events::table.select(max(events::id)).first(conn)?;
    if newest.is_none_or(|newest| EventId::new(newest) <= state.position) {
        return Ok(Vec::new());
    }
    let rows: Vec<EventRow> = events::table
        .filter(events::id.gt(state.position.get()))
        .filter(events::id.ne_all(state.ahead.iter().map(|event| event.get())))
        .order_by(events::id)
        .limit(limit)
        .select(event_columns!())
        .load(conn)?;
    Ok(rows.into_iter().map(EventRow::into_record).collect::<Result<_, _>>()?)
}
