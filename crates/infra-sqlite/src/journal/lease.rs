//! Leases subscriptions to workers, with what there is to do.
//!
//! A reader looks whether there is anything. The writer, which runs one job at a time, looks again
//! before it takes the lease.

use diesel::{SqliteConnection, prelude::*};
use domain::{
    Timestamp,
    events::{
        EventRecord, Subscription,
        port::{LeaseRequest, LeasedBatch, WorkerId},
    },
};
use infra_sql::{SubscriptionState, subscription_columns};

use super::{columns::event_columns, parked};
use crate::{
    error::DbError,
    fields::{EventRow, SubscriptionRow},
    schema::{events, subscriptions},
    time::micros,
};

/// A [`LeaseRequest`], to be sent to another thread.
pub(crate) struct Request {
    subscription: Subscription,
    worker: WorkerId,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
    known_types: Vec<String>,
}

impl Request {
    pub(crate) fn of(request: &LeaseRequest<'_>) -> Self {
        Self {
            subscription: request.subscription.clone(),
            worker: request.worker.clone(),
            now: request.now,
            until: request.until,
            limit: request.limit,
            known_types: request.known_types.iter().map(|&name| name.to_owned()).collect(),
        }
    }
}

/// What a worker finds.
pub(crate) enum Lease {
    /// There is nothing to do, or the subscription is another worker's or pauses.
    Nothing,
    /// The worker has the lease.
    Held(LeasedBatch),
    /// There is something to do, and no worker has the lease.
    Free,
}

/// Looks what there is to do, without a write.
pub(crate) fn look(conn: &mut SqliteConnection, request: &Request) -> Result<Lease, DbError> {
    let Some((state, is_held)) = find(conn, request)? else { return Ok(Lease::Nothing) };
    let limit = if is_held { request.limit } else { request.limit.min(1) };
    Ok(match batch(conn, request, state, limit)? {
        None => Lease::Nothing,
        Some(batch) if is_held => Lease::Held(batch),
        Some(_some_of_it) => Lease::Free,
    })
}

/// Takes the lease if there is still something to do, and no other worker was faster.
pub(crate) fn take(
    conn: &mut SqliteConnection,
    request: &Request,
) -> Result<Option<LeasedBatch>, DbError> {
    let Some((state, _is_held)) = find(conn, request)? else { return Ok(None) };
    let Some(batch) = batch(conn, request, state, request.limit)? else { return Ok(None) };
    diesel::update(subscriptions::table.find(request.subscription.as_str()))
        .set((
            subscriptions::leased_by.eq(request.worker.as_str()),
            subscriptions::leased_until.eq(micros(request.until)),
        ))
        .execute(conn)?;
    Ok(Some(batch))
}

/// The state of the subscription, and whether the worker has the lease. `None` if the subscription
/// does not exist, pauses, or is leased to another worker.
fn find(
    conn: &mut SqliteConnection,
    request: &Request,
) -> Result<Option<(SubscriptionState, bool)>, DbError> {
    let now = micros(request.now);
    let found = subscriptions::table
        .find(request.subscription.as_str())
        .filter(subscriptions::paused_until.is_null().or(subscriptions::paused_until.le(now)))
        .select((
            subscription_columns!(subscriptions),
            subscriptions::leased_by,
            subscriptions::leased_until,
        ))
        .first::<(SubscriptionRow, Option<String>, Option<i64>)>(conn)
        .optional()?;
    let Some((row, holder, until)) = found else { return Ok(None) };
    let is_leased = until.is_some_and(|until| until > now);
    let is_held = is_leased && holder.as_deref() == Some(request.worker.as_str());
    if is_leased && !is_held {
        return Ok(None);
    }
    Ok(Some((row.into_state()?, is_held)))
}

/// What there is to do: up to `limit` parked events and others. `None` if there is nothing.
fn batch(
    conn: &mut SqliteConnection,
    request: &Request,
    state: SubscriptionState,
    limit: u32,
) -> Result<Option<LeasedBatch>, DbError> {
    let Request { subscription, now, known_types, .. } = request;
    let due = parked::due(conn, subscription, *now, known_types, limit)?;
    let next = next(conn, &state, limit)?;
    if due.is_empty() && next.is_empty() {
        return Ok(None);
    }
    let SubscriptionState { position, ahead, receiver } = state;
    let parked = parked::load(conn, subscription, &due)?;
    let blocked = parked::blocked(conn, subscription, &next)?;
    Ok(Some(LeasedBatch { position, ahead, receiver, parked, next, blocked }))
}

/// The events behind the position, without those ahead.
fn next(
    conn: &mut SqliteConnection,
    state: &SubscriptionState,
    limit: u32,
) -> Result<Vec<EventRecord>, DbError> {
    // Each of those ahead is behind the position, so this many rows have the wanted ones.
    let most = i64::from(limit).saturating_add(i64::try_from(state.ahead.len()).unwrap_or(0));
    let rows = events::table
        .filter(events::id.gt(state.position.get()))
        .order_by(events::id)
        .limit(most)
        .select(event_columns!())
        .load::<EventRow>(conn)?;
    let next = rows.into_iter().filter(|row| !state.ahead.iter().any(|done| done.get() == row.id));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(next.take(limit).map(EventRow::into_record).collect::<Result<_, _>>()?)
}
