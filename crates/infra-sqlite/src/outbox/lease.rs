//! Leases events to a worker, and releases leases.
//!
//! There is one writer, so no other worker can lease the same events at the same time.

use diesel::{
    SqliteConnection, alias,
    dsl::{exists, not},
    prelude::*,
};
use domain::{
    OutboxEventId, Timestamp,
    outbox::port::{LeasedEvent, WorkerId},
};
use infra_sql::{Leased, leased_columns};

use crate::{
    error::DbError,
    fields::LeasedRow,
    schema::{ROWS_PER_STATEMENT, outbox},
    time::micros,
};

/// Leases up to `limit` due events until `until`. Unreadable ones become dead letters.
pub(crate) fn lease(
    conn: &mut SqliteConnection,
    worker: &WorkerId,
    limit: u32,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<LeasedEvent>, DbError> {
    let Leased { messages: mut events, unreadable, reasons } = Leased::of(due(conn, limit, now)?);
    for event in &mut events {
        event.attempts = event.attempts.saturating_add(1);
    }
    for (id, reason) in unreadable.into_iter().zip(&reasons) {
        give_up(conn, id, reason, now)?;
    }
    let ids: Vec<i64> = events.iter().map(|leased| leased.envelope.id.get()).collect();
    for ids in ids.chunks(ROWS_PER_STATEMENT) {
        diesel::update(outbox::table.filter(outbox::id.eq_any(ids.iter().copied())))
            .set((
                outbox::leased_by.eq(worker.as_str()),
                outbox::leased_until.eq(micros(until)),
                outbox::attempts.eq(outbox::attempts + 1),
            ))
            .execute(conn)?;
    }
    Ok(events)
}

/// The due events, along the index of pending ones.
fn due(conn: &mut SqliteConnection, limit: u32, now: Timestamp) -> Result<Vec<LeasedRow>, DbError> {
    let earlier = alias!(outbox as earlier);
    let undelivered_before = earlier
        .filter(earlier.field(outbox::order_id).eq(outbox::order_id))
        .filter(earlier.field(outbox::id).lt(outbox::id))
        .filter(earlier.field(outbox::delivered_at).is_null());
    Ok(outbox::table
        .filter(outbox::delivered_at.is_null())
        .filter(outbox::dead_at.is_null())
        .filter(outbox::next_attempt_at.le(micros(now)))
        .filter(outbox::leased_until.is_null().or(outbox::leased_until.le(micros(now))))
        .filter(not(exists(undelivered_before)))
        .order_by((outbox::next_attempt_at, outbox::id))
        .limit(i64::from(limit))
        .select(leased_columns!(outbox))
        .load(conn)?)
}

/// Makes an unreadable event a dead letter. Like every dead letter it blocks the later events of
/// its order.
fn give_up(
    conn: &mut SqliteConnection,
    id: i64,
    reason: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::update(outbox::table.find(id))
        .set((
            outbox::dead_at.eq(micros(now)),
            outbox::last_error.eq(reason),
            outbox::leased_by.eq(None::<String>),
            outbox::leased_until.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Releases a worker's leases on events that it did not attempt. Returns how many.
pub(crate) fn release(
    conn: &mut SqliteConnection,
    worker: &WorkerId,
    events: &[OutboxEventId],
) -> Result<usize, DbError> {
    let mut released = 0;
    for events in events.chunks(ROWS_PER_STATEMENT) {
        let ids = events.iter().map(|event| event.get());
        released += diesel::update(outbox::table)
            .filter(outbox::id.eq_any(ids))
            .filter(outbox::leased_by.eq(worker.as_str()))
            .set((
                outbox::leased_by.eq(None::<String>),
                outbox::leased_until.eq(None::<i64>),
                outbox::attempts.eq(outbox::attempts - 1),
            ))
            .execute(conn)?;
    }
    Ok(released)
}
