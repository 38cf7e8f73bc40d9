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

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;
use domain::{EventId, StoreError};

use crate::{
    PostgresStore, connection::Connection, database::DbOperation, error::TxError,
    typed_sql::TypedSql,
};

/// How many pairs of S and R are waited for at most, while a transaction stays open.
const MAX_CANDIDATES: usize = 16;

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

/// The number that is known to be settled, and those that are going to be.
#[derive(Debug, Default)]
pub(crate) struct SettledNumbers(Mutex<Candidates>);

#[derive(Debug, Default)]
struct Candidates {
    settled: i64,
    /// By transaction id R, the number S.
    waiting: BTreeMap<i64, i64>,
}

impl Candidates {
    /// Adds a pair of S and R, and returns the greatest settled number of now.
    fn settle(&mut self, (number, id): (i64, i64), ended: Ended) -> i64 {
        // After a move to another cluster, the ids of before are those of transactions to come.
        self.waiting.retain(|waiting, _number| *waiting < ended.next);
        if self.waiting.len() < MAX_CANDIDATES {
            self.waiting.insert(id, number);
        }
        let open = self.waiting.split_off(&ended.oldest.saturating_add(1));
        let settled = std::mem::replace(&mut self.waiting, open);
        self.settled = settled.into_values().max().unwrap_or_default().max(self.settled);
        self.settled
    }
}

/// Which transactions had ended in a snapshot.
#[derive(Debug, Clone, Copy)]
struct Ended {
    /// The oldest id that may still run: all below it have ended.
    oldest: i64,
    /// One past the greatest id that has ended.
    next: i64,
}

/// The number of the last event that is settled, or 0.
pub(super) async fn settled(store: &PostgresStore) -> Result<EventId, StoreError> {
    let candidate = store.read(&ReadCandidate).await?;
    let ended = store.read(&ReadEnded).await?;
    let settled = {
        let mut candidates = store.settled.0.lock().unwrap_or_else(PoisonError::into_inner);
        candidates.settle(candidate, ended)
    };
    store.read(&ReadLastEvent(settled)).await
}

struct ReadCandidate;

impl DbOperation for ReadCandidate {
    type Output = (i64, i64);
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<(i64, i64), TxError<StoreError>> {
        let candidate = TypedSql::<(BigInt, Bool, BigInt), _>::new(diesel::sql_query(CANDIDATE));
        let (last, is_called, id): (i64, bool, i64) = candidate.get_result(&mut conn).await?;
        Ok((if is_called { last } else { last - 1 }, id))
    }
}

struct ReadEnded;

impl DbOperation for ReadEnded {
    type Output = Ended;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Ended, TxError<StoreError>> {
        let ended = TypedSql::<(BigInt, BigInt), _>::new(diesel::sql_query(ENDED));
        let (oldest, next) = ended.get_result(&mut conn).await?;
        Ok(Ended { oldest, next })
    }
}

struct ReadLastEvent(i64);

impl DbOperation for ReadLastEvent {
    type Output = EventId;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<EventId, TxError<StoreError>> {
        let last = diesel::sql_query(LAST_EVENT).bind::<BigInt, _>(self.0);
        let (last,): (i64,) = TypedSql::<(BigInt,), _>::new(last).get_result(&mut conn).await?;
        Ok(EventId::new(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(oldest: i64, next: i64) -> Ended {
        Ended { oldest, next }
    }

    #[test]
    fn a_number_is_settled_when_all_older_transactions_have_ended() {
        let mut candidates = Candidates::default();
        assert_eq!(candidates.settle((7, 100), ended(98, 101)), 0, "98 and 99 may run");
        assert_eq!(candidates.settle((9, 103), ended(99, 104)), 0);
        assert_eq!(candidates.settle((12, 105), ended(100, 106)), 7);
        assert_eq!(candidates.settle((12, 107), ended(107, 108)), 12);
    }

    #[test]
    fn a_transaction_that_stays_open_does_not_fill_the_memory() {
        let mut candidates = Candidates::default();
        for id in 100..10_000 {
            assert_eq!(candidates.settle((id, id), ended(50, id + 1)), 0);
        }
        assert_eq!(candidates.waiting.len(), MAX_CANDIDATES);
        let first_waiting = candidates.settle((20_000, 20_000), ended(20_000, 20_001));
        assert!(first_waiting >= 100, "{first_waiting}");
    }

    #[test]
    fn ids_that_start_anew_do_not_hold_up_the_journal() {
        let mut candidates = Candidates::default();
        assert_eq!(candidates.settle((7, 1_000_000), ended(999, 1_000_001)), 0);
        assert_eq!(candidates.settle((8, 700), ended(700, 701)), 8);
    }
}
