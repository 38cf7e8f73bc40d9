//! What an operator sees of the outbox, and does with what was given up.

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

/// `$1` is behind which, `$2` how many.
const DEAD: &str = "
    SELECT id, message::text AS message, created_at, attempts, delivered_to, dead_at, last_error
    FROM outbox WHERE dead_at IS NOT NULL AND id > $1 ORDER BY id LIMIT $2";

const UNDELIVERED: &str = "
    SELECT id, message::text AS message, created_at, attempts, delivered_to, dead_at, last_error
    FROM outbox WHERE delivered_at IS NULL AND id > $1 ORDER BY id LIMIT $2";

/// What [`DEAD`] and [`UNDELIVERED`] return: the columns of an [`UndeliveredRow`].
type Undelivered = (BigInt, Text, Timestamptz, BigInt, Text, Nullable<Timestamptz>, Nullable<Text>);

/// `$1` is whether all dead ones are meant, `$2` which if not, `$3` the moment.
const REQUEUE: &str = "
    UPDATE outbox SET dead_at = NULL, attempts = 0, next_attempt_at = $3
    WHERE dead_at IS NOT NULL AND ($1 OR id = ANY ($2))";

/// As [`REQUEUE`]. What was wrong stays on record.
const DISCARD: &str = "
    UPDATE outbox SET dead_at = NULL, delivered_at = $3,
        last_error = 'discarded' || coalesce(': ' || last_error, '')
    WHERE dead_at IS NOT NULL AND ($1 OR id = ANY ($2))";

/// Along the indexes of what waits and of what is dead.
const DEPTH: &str = "
    SELECT count(*) AS waiting, min(created_at) AS oldest,
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
            UndeliveredFilter::Undelivered => UNDELIVERED,
        };
        let query = diesel::sql_query(query)
            .bind::<BigInt, _>(self.after.map_or(i64::MIN, OutboxEventId::get))
            .bind::<BigInt, _>(i64::from(self.limit));
        let rows: Vec<UndeliveredRow> = TypedSql::<Undelivered, _>::new(query).load(&mut conn).await?;
        Ok(rows.into_iter().map(UndeliveredRow::into_letter).collect::<Result<_, _>>()?)
    }
}

/// What to do with a dead message.
#[derive(Debug, Clone, Copy)]
pub(super) enum DeadLetterAction {
    Requeue,
    Discard,
}

/// Does that with messages, if they are dead.
pub(super) struct ResolveDeadLetters<'a> {
    pub(super) selection: &'a DeadLetterSelection,
    pub(super) action: DeadLetterAction,
    pub(super) now: Timestamp,
}

impl DbOperation for ResolveDeadLetters<'_> {
    type Output = u64;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<u64, TxError<StoreError>> {
        let (all, some) = match self.selection {
            DeadLetterSelection::All => (true, Vec::new()),
            DeadLetterSelection::Some(ids) => (false, ids.iter().map(|id| id.get()).collect()),
        };
        let decided = diesel::sql_query(match self.action {
            DeadLetterAction::Requeue => REQUEUE,
            DeadLetterAction::Discard => DISCARD,
        })
        .bind::<Bool, _>(all)
        .bind::<Array<BigInt>, _>(some)
        .bind::<Timestamptz, _>(self.now)
        .execute(&mut conn)
        .await?;
        Ok(row_count(decided))
    }
}

pub(super) struct ReadDepth;

impl DbOperation for ReadDepth {
    type Output = OutboxDepth;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<OutboxDepth, TxError<StoreError>> {
        let depth =
            TypedSql::<(BigInt, Nullable<Timestamptz>, BigInt), _>::new(diesel::sql_query(DEPTH));
        let (waiting, oldest, dead): (i64, Option<TimestampField>, i64) =
            depth.get_result(&mut conn).await?;
        Ok(outbox_depth(waiting, dead, oldest)?)
    }
}
