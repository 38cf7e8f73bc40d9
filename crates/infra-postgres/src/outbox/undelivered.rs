//! Undelivered events and dead letters, for operators.

use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::{
    OutboxEventId, StoreError, Timestamp,
    outbox::port::{DeadLetterSelection, OutboxDepth, UndeliveredEvent, UndeliveredFilter},
};
use infra_sql::{outbox_depth, row_count};

use crate::{
    connection::Connection,
    database::DbOperation,
    error::TxError,
    fields::{TimestampField, UndeliveredRow},
    typed_sql::TypedSql,
};

/// `$1` is the id that the page starts after, `$2` the limit.
const DEAD: &str = "
    SELECT id, message::text AS message, created_at, attempts, delivered_to, dead_at, last_error
    FROM outbox WHERE dead_at IS NOT NULL AND id > $1 ORDER BY id LIMIT $2";

const UNDELIVERED: &str = "
    SELECT id, message::text AS message, created_at, attempts, delivered_to, dead_at, last_error
    FROM outbox WHERE delivered_at IS NULL AND id > $1 ORDER BY id LIMIT $2";

/// The columns of an [`UndeliveredRow`], which [`DEAD`] and [`UNDELIVERED`] return.
type UndeliveredColumns =
    (BigInt, Text, Timestamptz, BigInt, Text, Nullable<Timestamptz>, Nullable<Text>);

/// `$1` is whether all dead letters are selected, `$2` the ids otherwise, `$3` is now.
const REQUEUE: &str = "
    UPDATE outbox SET dead_at = NULL, attempts = 0, next_attempt_at = $3
    WHERE dead_at IS NOT NULL AND ($1 OR id = ANY ($2))";

/// Parameters as in [`REQUEUE`]. The error is kept.
const DISCARD: &str = "
    UPDATE outbox SET dead_at = NULL, delivered_at = $3,
        last_error = 'discarded' || coalesce(': ' || last_error, '')
    WHERE dead_at IS NOT NULL AND ($1 OR id = ANY ($2))";

/// Reads along the partial indexes of pending and of dead events.
const DEPTH: &str = "
    SELECT count(*) AS pending, min(created_at) AS oldest,
        (SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL) AS dead
    FROM outbox WHERE delivered_at IS NULL AND dead_at IS NULL";

pub(super) struct ListUndelivered {
    pub(super) filter: UndeliveredFilter,
    pub(super) after: Option<OutboxEventId>,
    pub(super) limit: u32,
}

impl DbOperation for ListUndelivered {
    type Output = Vec<UndeliveredEvent>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Self::Output, TxError<StoreError>> {
        let query = match self.filter {
            UndeliveredFilter::Dead => DEAD,
            UndeliveredFilter::All => UNDELIVERED,
        };
        let query = diesel::sql_query(query)
            .bind::<BigInt, _>(self.after.map_or(i64::MIN, OutboxEventId::get))
            .bind::<BigInt, _>(i64::from(self.limit));
        let rows: Vec<UndeliveredRow> =
            TypedSql::<UndeliveredColumns, _>::new(query).load(&mut conn).await?;
        Ok(rows.into_iter().map(UndeliveredRow::into_undelivered).collect::<Result<_, _>>()?)
    }
}

/// An operator's action on dead letters.
#[derive(Debug, Clone, Copy)]
pub(super) enum DeadLetterAction {
    Requeue,
    Discard,
}

/// Requeues or discards the selected events that are dead.
pub(super) struct ResolveDeadLetters<'a> {
    pub(super) selection: &'a DeadLetterSelection,
    pub(super) action: DeadLetterAction,
    pub(super) now: Timestamp,
}

impl DbOperation for ResolveDeadLetters<'_> {
    type Output = u64;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<u64, TxError<StoreError>> {
        let (all, ids) = match self.selection {
            DeadLetterSelection::All => (true, Vec::new()),
            DeadLetterSelection::Some(ids) => (false, ids.iter().map(|id| id.get()).collect()),
        };
        let changed = diesel::sql_query(match self.action {
            DeadLetterAction::Requeue => REQUEUE,
            DeadLetterAction::Discard => DISCARD,
        })
        .bind::<Bool, _>(all)
        .bind::<Array<BigInt>, _>(ids)
        .bind::<Timestamptz, _>(self.now)
        .execute(&mut conn)
        .await?;
        Ok(row_count(changed))
    }
}

pub(super) struct ReadDepth;

impl DbOperation for ReadDepth {
    type Output = OutboxDepth;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<OutboxDepth, TxError<StoreError>> {
        let depth =
            TypedSql::<(BigInt, Nullable<Timestamptz>, BigInt), _>::new(diesel::sql_query(DEPTH));
        let (pending, oldest, dead): (i64, Option<TimestampField>, i64) =
            depth.get_result(&mut conn).await?;
        Ok(outbox_depth(pending, dead, oldest)?)
    }
}
