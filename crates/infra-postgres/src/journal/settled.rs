//! Up to which number the journal is settled: no event with a smaller number appears any more.
//!
//! Transactions draw numbers from a sequence and commit in another order, so the newest event does
//! not tell that all before it are there. But a transaction has its own id before it draws a number
//! (see [`append`](super::append)). So this is how a number S is settled: the sequence stands at S;
//! after that, a transaction id R is drawn. Every transaction that has drawn a number up to S has
//! an id below R. Once a snapshot says that all ids below R have ended (its `xmin` is R or more),
//! every number up to S is committed or will never be.
//!
//! R must be an id of its own: the `xmax` of a snapshot is one past the last id that has *ended*,
//! so it can be the id of a transaction that still runs.
//!
//! Nothing of this is stored. A restored or copied database, whose transaction ids start anew, is
//! as good as the original.

use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;
use domain::{EventId, StoreError};

use super::candidates::Ended;
use crate::{
    PostgresStore, connection::Connection, database::DbOperation, error::TxError,
    typed_sql::TypedSql,
};

/// The sequence is read before the function is called.
const CANDIDATE: &str = "
    SELECT last_value, is_called, pg_current_xact_id()::text::bigint FROM events_id_seq";

/// A snapshot of its own, so a statement of its own.
const ENDED: &str = "
    SELECT pg_snapshot_xmin(snapshot)::text::bigint, pg_snapshot_xmax(snapshot)::text::bigint
    FROM (SELECT pg_current_snapshot() AS snapshot) AS current";

/// `$1` is a settled number. The number of an event outlives a crash, which that of a sequence need
/// not.
const LAST_EVENT: &str = "SELECT coalesce(max(id), 0) FROM events WHERE id <= $1";

/// The number of the last event that is settled, or 0.
pub(super) async fn settled(store: &PostgresStore) -> Result<EventId, StoreError> {
    let number = settled_number(store).await?;
    store.read(&ReadLastEvent(number)).await
}

/// A settled number, or 0. There may be no event with this number, and after a crash the sequence
/// may stand before it, so only what is read up to it may be stored.
pub(super) async fn settled_number(store: &PostgresStore) -> Result<EventId, StoreError> {
    let candidate = store.read(&ReadCandidate).await?;
    let ended = store.read(&ReadEnded).await?;
    Ok(EventId::new(store.settled.settle(candidate, ended)))
}

struct ReadCandidate;

impl DbOperation for ReadCandidate {
    type Output = (i64, i64);
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<(i64, i64), TxError<StoreError>> {
        let candidate = TypedSql::<(BigInt, Bool, BigInt), _>::reused(diesel::sql_query(CANDIDATE));
        let (last, is_called, id): (i64, bool, i64) = candidate.get_result(&mut conn).await?;
        Ok((if is_called { last } else { last - 1 }, id))
    }
}

struct ReadEnded;

impl DbOperation for ReadEnded {
    type Output = Ended;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Ended, TxError<StoreError>> {
        let ended = TypedSql::<(BigInt, BigInt), _>::reused(diesel::sql_query(ENDED));
        let (oldest, next) = ended.get_result(&mut conn).await?;
        Ok(Ended { oldest, next })
    }
}

struct ReadLastEvent(EventId);

impl DbOperation for ReadLastEvent {
    type Output = EventId;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<EventId, TxError<StoreError>> {
        let last = diesel::sql_query(LAST_EVENT).bind::<BigInt, _>(self.0.get());
        let (last,): (i64,) = TypedSql::<(BigInt,), _>::reused(last).get_result(&mut conn).await?;
        Ok(EventId::new(last))
    }
}
