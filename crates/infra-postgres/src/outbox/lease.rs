//! Leasing messages, and handing leases back.
//!
//! # Why no two workers have one message, nor two messages of one order
//!
//! [`LEASE`] sees the database as of its beginning, and locks what it picks. A row that somebody else has locked
//! is passed over: they are leasing or settling it. A row that somebody else has changed and committed since is
//! looked at anew, as it is now: whether it is delivered, dead, due and leased is checked again. What stands
//! before it about the same order is still seen as of the beginning, and that is enough, for once there is
//! nothing, there never will be. A message that is delivered stays so. And none with a smaller number comes
//! up later, as numbers are drawn by whoever holds the lock on the order: within an order they are in the
//! sequence of the commits.

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
    error::{TxError, DbError},
    fields::{LeasedRow, TimestampField},
    typed_sql::TypedSql,
};

/// `$1` is the moment, `$2` how many, `$3` who, `$4` until when.
///
/// - What is due comes along `outbox_due`, and what is looked up for each along `outbox_undelivered_order`,
///   however much is delivered. `OFFSET 0` keeps the planner from collecting all that is undelivered first.
/// - MATERIALIZED: the choice is made once. As a part of a join it could be made again and again, and each
///   time find other rows.
const LEASE: &str = "
    WITH due AS MATERIALIZED (
        SELECT id FROM outbox AS message
        WHERE delivered_at IS NULL AND dead_at IS NULL AND next_attempt_at <= $1
            AND (leased_until IS NULL OR leased_until <= $1)
            AND NOT EXISTS (
                SELECT FROM outbox AS earlier
                WHERE earlier.order_id = message.order_id AND earlier.id < message.id
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

/// What [`LEASE`] returns: the columns of a [`LeasedRow`], and when the message was due.
type LeaseColumns = ((BigInt, Text, Timestamptz, BigInt, Text, Nullable<Text>), Timestamptz);

/// Makes messages dead that cannot be read, in the transaction that has leased them. `$1` is the moment, `$2`
/// which, `$3` why.
const MARK_UNREADABLE_DEAD: &str = "
    UPDATE outbox SET dead_at = $1, last_error = reason, attempts = attempts - 1,
        leased_by = NULL, leased_until = NULL
    FROM unnest($2, $3) AS unreadable (id, reason) WHERE outbox.id = unreadable.id";

/// `$1` is who, `$2` which.
const RELEASE: &str = "
    UPDATE outbox SET leased_by = NULL, leased_until = NULL, attempts = attempts - 1
    WHERE leased_by = $1 AND id = ANY ($2)";

/// Leases due messages. Those that cannot be read are dead from now on.
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
        // Those come first whose time came first.
        rows.sort_by_key(|(row, due_at)| (*due_at, row.id));
        let Leased { events, unreadable, reasons } =
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

/// Hands back a worker's leases on messages that it did not try.
pub(super) struct ReleaseLeases<'a> {
    pub(super) worker: &'a WorkerId,
    pub(super) events: &'a [OutboxEventId],
}

impl DbOperation for ReleaseLeases<'_> {
    type Output = u64;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<u64, TxError<StoreError>> {
        let ids: Vec<i64> = self.events.iter().map(|message| message.get()).collect();
        let released = diesel::sql_query(RELEASE)
            .bind::<Text, _>(self.worker.as_str())
            .bind::<Array<BigInt>, _>(ids)
            .execute(&mut conn)
            .await?;
        Ok(row_count(released))
    }
}
