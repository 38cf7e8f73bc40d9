//! Leasing events, and releasing leases.
//!
//! # Why no two workers lease the same event, or two events of one order
//!
//! [`LEASE`] sees a snapshot as of its beginning, and locks the rows that it picks. A row that
//! another transaction has locked is skipped: another worker is leasing or settling it. A row that
//! another transaction has changed and committed since is rechecked as it is now: delivered, dead,
//! due, leased. The earlier events of the same order are still seen as of the beginning, which is
//! enough: once there is no undelivered one, there never will be. A delivered event stays
//! delivered. And no event with a smaller id appears later, as ids are drawn by the transaction
//! that holds the lock on the order: within an order they follow the sequence of the commits.

use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::{
    OutboxEventId, StoreError, Timestamp,
    outbox::port::{LeasedEvent, WorkerId},
};
use infra_sql::{Leased, row_count};

use crate::{
    connection::Connection,
    database::DbOperation,
    error::{DbError, TxError},
    fields::{LeasedRow, TimestampField},
    typed_sql::TypedSql,
};

/// `$1` is now, `$2` the limit, `$3` the worker, `$4` the end of the lease.
///
/// - Due events are read along `outbox_due`, and earlier events of the same order along
///   `outbox_undelivered_order`, however many are delivered. `OFFSET 0` keeps the planner from
///   collecting all undelivered events first.
/// - MATERIALIZED: the rows are picked once. Inlined into the join, the subquery could run several
///   times, and pick other rows each time.
const LEASE: &str = "
    WITH due AS MATERIALIZED (
        SELECT id FROM outbox AS event
        WHERE delivered_at IS NULL AND dead_at IS NULL AND next_attempt_at <= $1
            AND (leased_until IS NULL OR leased_until <= $1)
            AND NOT EXISTS (
                SELECT FROM outbox AS earlier
                WHERE earlier.order_id = event.order_id AND earlier.id < event.id
                    AND earlier.delivered_at IS NULL
                OFFSET 0)
        ORDER BY next_attempt_at, id
        LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox SET leased_by = $3, leased_until = $4, attempts = attempts + 1
    FROM due WHERE outbox.id = due.id
    RETURNING outbox.id, message::text AS message, created_at, attempts, delivered_to, traceparent,
        next_attempt_at";

/// The result of [`LEASE`]: the columns of a [`LeasedRow`], and when the event was due.
type LeaseColumns = ((BigInt, Text, Timestamptz, BigInt, Text, Nullable<Text>), Timestamptz);

/// Marks unreadable events as dead, in the transaction that has leased them. `$1` is now, `$2` the
/// ids, `$3` the reasons.
const MARK_UNREADABLE_DEAD: &str = "
    UPDATE outbox SET dead_at = $1, last_error = reason, attempts = attempts - 1,
        leased_by = NULL, leased_until = NULL
    FROM unnest($2, $3) AS unreadable (id, reason) WHERE outbox.id = unreadable.id";

/// `$1` is the worker, `$2` the ids.
const RELEASE: &str = "
    UPDATE outbox SET leased_by = NULL, leased_until = NULL, attempts = attempts - 1
    WHERE leased_by = $1 AND id = ANY ($2)";

/// Leases due events. Unreadable ones become dead.
pub(super) struct LeaseEvents<'a> {
    pub(super) worker: &'a WorkerId,
    pub(super) limit: u32,
    pub(super) now: Timestamp,
    pub(super) until: Timestamp,
}

impl DbOperation for LeaseEvents<'_> {
    type Output = Vec<LeasedEvent>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Self::Output, TxError<StoreError>> {
        let lease = diesel::sql_query(LEASE)
            .bind::<Timestamptz, _>(self.now)
            .bind::<BigInt, _>(i64::from(self.limit))
            .bind::<Text, _>(self.worker.as_str())
            .bind::<Timestamptz, _>(self.until);
        let mut rows: Vec<(LeasedRow, TimestampField)> =
            TypedSql::<LeaseColumns, _>::new(lease).load(&mut conn).await?;
        // In the order in which they were due.
        rows.sort_by_key(|(row, due_at)| (*due_at, row.id));
        let Leased { messages: events, unreadable, reasons } =
            Leased::of(rows.into_iter().map(|(row, _due_at)| row));
        if !unreadable.is_empty() {
            self.mark_dead(conn, &unreadable, &reasons).await?;
        }
        Ok(events)
    }
}

impl LeaseEvents<'_> {
    async fn mark_dead(
        &self,
        mut conn: &Connection,
        unreadable: &[i64],
        reasons: &[String],
    ) -> Result<(), DbError> {
        diesel::sql_query(MARK_UNREADABLE_DEAD)
            .bind::<Timestamptz, _>(self.now)
            .bind::<Array<BigInt>, _>(unreadable)
            .bind::<Array<Text>, _>(reasons)
            .execute(&mut conn)
            .await?;
        Ok(())
    }
}

/// Releases a worker's leases on events that it did not attempt.
pub(super) struct ReleaseLeases<'a> {
    pub(super) worker: &'a WorkerId,
    pub(super) events: &'a [OutboxEventId],
}

impl DbOperation for ReleaseLeases<'_> {
    type Output = u64;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<u64, TxError<StoreError>> {
        let ids: Vec<i64> = self.events.iter().map(|event| event.get()).collect();
        let released = diesel::sql_query(RELEASE)
            .bind::<Text, _>(self.worker.as_str())
            .bind::<Array<BigInt>, _>(ids)
            .execute(&mut conn)
            .await?;
        Ok(row_count(released))
    }
}
