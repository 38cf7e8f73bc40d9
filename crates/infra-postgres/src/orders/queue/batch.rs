//! Placing a batch, whatever gets in its way.

use std::time::Duration;

use domain::{
    StoreError,
    order::{
        NewOrder, Order,
        port::{PlaceError, Placement},
    },
};

use super::job::PlacementJob;
use crate::{
    database::Database,
    error::{Unavailable, DbError, is_commit_unknown, is_lock_timeout},
    orders::{
        place::{NotPlaced, PlaceBatch},
        rows::FindOrder,
    },
};

/// How often a batch is tried while other processes use its idempotency keys at the same moment.
const MAX_TRIES: u32 = 5;
/// How long to wait before each look at what became of a commit that was not answered.
const WITNESS_BACKOFF: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1)];

type Results = Vec<Result<Placement, PlaceError>>;

/// Places the orders of all jobs at once. If the database rejects that, or one of the rows that they need stays
/// locked, each job is placed alone, so that one job's orders harm no other's.
pub(super) async fn place(database: &Database, mut jobs: Vec<PlacementJob>) {
    let orders: Vec<NewOrder> = jobs.iter().flat_map(|job| job.orders.iter().cloned()).collect();
    for job in &mut jobs {
        job.start(orders.len());
    }
    match place_orders(database, &orders, database.lock_timeout()).await {
        Ok(results) => send_results(jobs, results),
        Err(failure) if jobs.len() > 1 && may_succeed_separately(&failure) => {
            place_each(database, jobs).await;
        }
        Err(failure) => jobs.into_iter().for_each(|job| job.fail(&failure)),
    }
}

/// Whether other orders of the same batch might be placed without the one that this failure is about.
fn may_succeed_separately(failure: &StoreError) -> bool {
    matches!(failure, StoreError::Broken(_)) || is_lock_timeout(failure)
}

/// Places the orders of each job by themselves. They share one more lock timeout: even if every job waits for a
/// lock, their callers wait at most twice as long as one order alone.
async fn place_each(database: &Database, jobs: Vec<PlacementJob>) {
    let share = u32::try_from(jobs.len()).unwrap_or(u32::MAX).max(1);
    let lock_timeout = database.lock_timeout() / share;
    for job in jobs {
        match place_orders(database, &job.orders, lock_timeout).await {
            Ok(results) => job.answer(results),
            Err(failure) => job.fail(&failure),
        }
    }
}

fn send_results(jobs: Vec<PlacementJob>, results: Results) {
    let mut results = results.into_iter();
    for job in jobs {
        let own = results.by_ref().take(job.orders.len()).collect();
        job.answer(own);
    }
}

/// Places these orders in one transaction, which waits for each lock up to `lock_timeout`.
async fn place_orders(
    database: &Database,
    orders: &[NewOrder],
    lock_timeout: Duration,
) -> Result<Results, StoreError> {
    for _try in 0..MAX_TRIES {
        let place = PlaceBatch::new(orders);
        let done = database.write_with_lock_timeout(&place, lock_timeout).await;
        let outcome = place.into_outcome();
        match (done, outcome) {
            (Ok(()) | Err(NotPlaced::NothingToWrite), Some(outcome)) => return Ok(outcome.results),
            (Ok(()) | Err(NotPlaced::NothingToWrite), None) => {
                return Err(DbError::Impossible("a batch was placed and has no outcome").into());
            }
            (Err(NotPlaced::KeyTaken), _) => {}
            (Err(NotPlaced::Store(failure)), Some(outcome)) if is_commit_unknown(&failure) => {
                let Some(witness) = outcome.witness else { return Err(failure) };
                if was_committed(database, &witness).await {
                    return Ok(outcome.results);
                }
                return Err(failure);
            }
            (Err(NotPlaced::Store(failure)), _) => return Err(failure),
        }
    }
    Err(StoreError::from(Unavailable::Contended))
}

/// Whether an order is there that was written by a transaction whose commit was not answered. If it is, all of
/// that transaction is. If it is not, it may still come.
async fn was_committed(database: &Database, written: &Order) -> bool {
    for pause in WITNESS_BACKOFF {
        tokio::time::sleep(pause).await;
        // While the server is away there is nothing to see.
        if let Ok(Some(found)) = database.read(&FindOrder(written.id())).await {
            // Somebody may have moved it along since. And after a failover that lost it, its number may be
            // another order's.
            return found.placed_by() == written.placed_by()
                && found.created_at() == written.created_at()
                && found.content() == written.content();
        }
    }
    false
}
