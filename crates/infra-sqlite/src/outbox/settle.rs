//! Writes the outcomes of deliveries.

use diesel::{SqliteConnection, prelude::*};
use domain::{
    Timestamp,
    outbox::port::{DeliveryOutcome, Settlement, WorkerId},
};

use crate::{error::DbError, schema::outbox, time::micros};

/// Settles those events on which the worker has an unexpired lease. Returns how many.
pub(crate) fn settle(
    conn: &mut SqliteConnection,
    worker: &WorkerId,
    settlements: &[Settlement],
    now: Timestamp,
) -> Result<usize, DbError> {
    settlements.iter().map(|settlement| settle_one(conn, worker, settlement, now)).sum()
}

fn settle_one(
    conn: &mut SqliteConnection,
    worker: &WorkerId,
    settlement: &Settlement,
    now: Timestamp,
) -> Result<usize, DbError> {
    let now = micros(now);
    let leased = diesel::update(outbox::table.find(settlement.id.get()))
        .filter(outbox::leased_by.eq(worker.as_str()))
        .filter(outbox::leased_until.gt(now));
    let settled = (
        outbox::delivered_to.eq(settlement.done.to_string()),
        outbox::leased_by.eq(None::<String>),
        outbox::leased_until.eq(None::<i64>),
    );
    Ok(match &settlement.outcome {
        DeliveryOutcome::Delivered { note } => leased
            .set((settled, outbox::delivered_at.eq(now), outbox::last_error.eq(note)))
            .execute(conn)?,
        DeliveryOutcome::Retry { at, error } => leased
            .set((settled, outbox::next_attempt_at.eq(micros(*at)), outbox::last_error.eq(error)))
            .execute(conn)?,
        DeliveryOutcome::Dead { error } => leased
            .set((settled, outbox::dead_at.eq(now), outbox::last_error.eq(error)))
            .execute(conn)?,
    })
}
