//! Carrying a batch through, whatever gets in its way. What a lock does that somebody keeps is in [`apart`].

mod apart;

use std::time::Duration;

use domain::{
    StoreError,
    order::{
        NewOrder, Order,
        port::{PlaceError, Placement},
    },
};

use super::job::Job;
use crate::{
    database::Database,
    error::{Away, Failure, is_commit_unknown, is_lock_timeout},
    orders::{
        FindOrder,
        place::{NotPlaced, Place},
    },
};

/// How often a batch is tried of which somebody else has just used a key.
const MOST_TRIES: u32 = 5;
/// How long to wait before each look at what became of a commit that was not answered.
const LOOKS: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1)];

type Results = Vec<Result<Placement, PlaceError>>;

/// Places the orders of all jobs at once. If the database rejects that, each job is tried alone, so that one
/// whose orders are at fault harms no other; and if somebody keeps a lock, those who can do without it go apart.
pub(super) async fn place(database: &Database, jobs: Vec<Job>) {
    let orders = orders_of(&jobs);
    for job in &jobs {
        job.note(orders.len());
    }
    match place_orders(database, &orders).await {
        Ok(results) => hand_out(jobs, results),
        Err(failure) if is_lock_timeout(&failure) && jobs.len() > 1 => {
            apart::place(database, jobs, &failure).await;
        }
        Err(StoreError::Broken(_some_of_them)) if jobs.len() > 1 => {
            place_each(database, jobs).await;
        }
        Err(failure) => jobs.into_iter().for_each(|job| job.fail(&failure)),
    }
}

/// Places the orders of each job by themselves.
async fn place_each(database: &Database, jobs: Vec<Job>) {
    for job in jobs {
        match place_orders(database, &job.orders).await {
            Ok(results) => job.answer(results),
            Err(failure) => job.fail(&failure),
        }
    }
}

fn orders_of(jobs: &[Job]) -> Vec<NewOrder> {
    jobs.iter().flat_map(|job| job.orders.iter().cloned()).collect()
}

fn hand_out(jobs: Vec<Job>, results: Results) {
    let mut results = results.into_iter();
    for job in jobs {
        let own = results.by_ref().take(job.orders.len()).collect();
        job.answer(own);
    }
}

async fn place_orders(database: &Database, orders: &[NewOrder]) -> Result<Results, StoreError> {
    for _try in 0..MOST_TRIES {
        let place = Place::new(orders);
        let done = database.write(&place).await;
        let outcome = place.into_outcome();
        match (done, outcome) {
            (Ok(()) | Err(NotPlaced::NothingToWrite), Some(outcome)) => return Ok(outcome.results),
            (Ok(()) | Err(NotPlaced::NothingToWrite), None) => {
                return Err(Failure::Impossible("a batch was placed and has no outcome").into());
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
    Err(StoreError::unavailable(Away::Contended))
}

/// Whether an order is there that was written by a transaction whose commit was not answered. If it is, all of
/// that transaction is. If it is not, it may still come.
async fn was_committed(database: &Database, written: &Order) -> bool {
    for pause in LOOKS {
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
