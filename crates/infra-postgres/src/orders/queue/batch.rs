//! Placing a batch, with retries and recovery.

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
    error::{DbError, Unavailable, is_commit_unknown, is_lock_timeout},
    orders::{
        place::{NotPlaced, PlaceBatch},
        rows::LockOrder,
    },
};

/// The most attempts of a batch while other processes use its idempotency keys.
const MAX_ATTEMPTS: u32 = 5;
/// The pauses before each check whether an unanswered commit took effect.
const COMMIT_CHECK_BACKOFF: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1)];

type Results = Vec<Result<Placement, PlaceError>>;

/// Places the orders of all jobs in one transaction. If the database rejects that, or a lock
/// timeout ends it, each job is placed separately, so that one job cannot fail the others.
pub(super) async fn place(database: &Database, mut jobs: Vec<PlacementJob>) {
    let orders: Vec<NewOrder> = jobs.iter().flat_map(|job| job.orders.iter().cloned()).collect();
    for job in &mut jobs {
        job.start(orders.len());
    }
    match place_orders(database, &orders, database.lock_timeout()).await {
        Ok(results) => send_results(jobs, results),
        Err(error) if jobs.len() > 1 && may_succeed_separately(&error) => {
            place_each(database, jobs).await;
        }
        Err(error) => jobs.into_iter().for_each(|job| job.fail(&error)),
    }
}

/// Whether other orders of the same batch may succeed without the one that caused the error.
fn may_succeed_separately(error: &StoreError) -> bool {
    matches!(error, StoreError::Broken(_)) || is_lock_timeout(error)
}

/// Places the orders of each job in a separate transaction. They share one more lock timeout: even
/// if every job waits for a lock, their callers wait at most twice as long as for a single order.
async fn place_each(database: &Database, jobs: Vec<PlacementJob>) {
    let count = u32::try_from(jobs.len()).unwrap_or(u32::MAX).max(1);
    let lock_timeout = database.lock_timeout() / count;
    for job in jobs {
        match place_orders(database, &job.orders, lock_timeout).await {
            Ok(results) => job.answer(results),
            Err(error) => job.fail(&error),
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
    for _attempt in 0..MAX_ATTEMPTS {
        let place = PlaceBatch::new(orders);
        let done = database.write_with_lock_timeout(&place, lock_timeout).await;
        let outcome = place.into_outcome();
        match (done, outcome) {
            (Ok(()) | Err(NotPlaced::NothingToWrite), Some(outcome)) => return Ok(outcome.results),
            (Ok(()) | Err(NotPlaced::NothingToWrite), None) => {
                return Err(DbError::Impossible("a batch was placed without an outcome").into());
            }
            (Err(NotPlaced::KeyTaken), _) => {}
            (Err(NotPlaced::Store(error)), Some(outcome)) if is_commit_unknown(&error) => {
                let Some(written_order) = outcome.written_order else { return Err(error) };
                if was_committed(database, &written_order).await {
                    return Ok(outcome.results);
                }
                return Err(error);
            }
            (Err(NotPlaced::Store(error)), _) => return Err(error),
        }
    }
    Err(StoreError::from(Unavailable::Contended))
}

/// Whether a transaction whose commit was not answered is committed. The presence of one of its
/// orders proves it, if the row can be locked by a transaction that commits: a server that was
/// restarted during the commit shows the order before a synchronous standby has it. If the order is
/// missing, the commit may still be in progress.
async fn was_committed(database: &Database, written: &Order) -> bool {
    for pause in COMMIT_CHECK_BACKOFF {
        tokio::time::sleep(pause).await;
        match database.write(&LockOrder(written.id())).await {
            // The status may have changed since, so it is not compared. The other values are,
            // because after a failover that lost the order its id may belong to another one.
            Ok(Some(found)) => {
                return found.placed_by() == written.placed_by()
                    && found.created_at() == written.created_at()
                    && found.content() == written.content();
            }
            // This commit is not finished either.
            Err(error) if is_commit_unknown(&error) => return false,
            // While the server is unavailable, the check is repeated.
            Ok(None) | Err(_) => {}
        }
    }
    false
}
