//! The queued jobs, and which of them form the next batch.
//!
//! A job joins the next batch unless it conflicts with a batch in flight: in the database it would
//! wait for that batch's locks, and delay all orders of its own batch. A job does not overtake
//! another that waits for the same key, so that no job starves.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use super::job::{ConflictKey, PlacementJob};

/// The queued jobs, in the order of arrival, and the conflict keys of the batches in flight.
#[derive(Default)]
pub(super) struct QueuedJobs {
    jobs: VecDeque<PlacementJob>,
    /// The keys of the batches in flight. No two batches share one.
    in_flight: HashSet<ConflictKey>,
    /// How many jobs at the front have been found blocked since the last batch finished.
    blocked: usize,
    blocked_keys: HashSet<ConflictKey>,
}

impl QueuedJobs {
    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    pub(super) fn push(&mut self, job: PlacementJob) {
        self.jobs.push_back(job);
    }

    /// When the job at the front was queued.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.jobs.front().map(|job| job.queued_at)
    }

    /// Removes the jobs that have been queued as long as `limit`, and returns them.
    pub(super) fn take_expired(&mut self, limit: Duration, now: Instant) -> Vec<PlacementJob> {
        let mut expired = Vec::new();
        while let Some(job) =
            self.jobs.pop_front_if(|job| now.saturating_duration_since(job.queued_at) >= limit)
        {
            expired.push(job);
        }
        if !expired.is_empty() {
            // The expired jobs no longer block others.
            self.unblock();
        }
        expired
    }

    /// Removes the next batch, and returns it: up to `max_orders` orders, or one job with more.
    /// Empty if every job is blocked. Its conflict keys are in flight until [`Self::release`].
    pub(super) fn next_batch(&mut self, max_orders: usize) -> Vec<PlacementJob> {
        let mut batch: Vec<PlacementJob> = Vec::new();
        let mut orders = 0;
        let mut later = self.jobs.split_off(self.blocked.min(self.jobs.len()));
        while let Some(job) = later.pop_front() {
            if !self.is_free(&job) {
                self.blocked_keys.extend(job.conflict_keys.iter().cloned());
                self.jobs.push_back(job);
                self.blocked += 1;
                continue;
            }
            if !batch.is_empty() && orders + job.orders.len() > max_orders {
                later.push_front(job);
                break;
            }
            orders += job.orders.len();
            batch.push(job);
        }
        self.jobs.append(&mut later);
        for job in &batch {
            self.in_flight.extend(job.conflict_keys.iter().cloned());
        }
        batch
    }

    /// Releases the conflict keys of a finished batch.
    pub(super) fn release(&mut self, keys: &[ConflictKey]) {
        for key in keys {
            self.in_flight.remove(key);
        }
        self.unblock();
    }

    fn unblock(&mut self) {
        self.blocked = 0;
        self.blocked_keys.clear();
    }

    fn is_free(&self, job: &PlacementJob) -> bool {
        let is_blocked = |key| self.in_flight.contains(key) || self.blocked_keys.contains(key);
        !job.conflict_keys.iter().any(is_blocked)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{
        Currency, CustomerName, ProductId, Quantity, Timestamp, UserId,
        order::{LineRequest, LineRequests, NewOrder, RequestedContent},
    };
    use tokio::sync::{Semaphore, oneshot};

    use super::*;

    fn order(products: &[i64]) -> NewOrder {
        let line = |product: &i64| LineRequest {
            product: ProductId::new(*product),
            quantity: Quantity::ONE,
        };
        let lines = LineRequests::new(products.iter().map(line).collect()).unwrap();
        NewOrder {
            placed_by: UserId::new(1),
            customer: CustomerName::parse("Ada").unwrap(),
            content: RequestedContent::Products(lines),
            currency: Currency::EUR,
            idempotency: None,
            placed_at: Timestamp::UNIX_EPOCH,
            trace: None,
        }
    }

    fn job(orders: &[&[i64]]) -> PlacementJob {
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let orders = orders.iter().map(|products| order(products)).collect();
        PlacementJob::new(orders, permit, oneshot::channel().0)
    }

    fn queued(jobs: &[&[&[i64]]]) -> QueuedJobs {
        let mut queued = QueuedJobs::default();
        for orders in jobs {
            queued.push(job(orders));
        }
        queued
    }

    /// The first product id of each job, which identifies it.
    fn first_products(batch: &[PlacementJob]) -> Vec<i64> {
        let first = |job: &PlacementJob| job.orders[0].products().next().unwrap().get();
        batch.iter().map(first).collect()
    }

    fn keys(batch: &[PlacementJob]) -> Vec<ConflictKey> {
        batch.iter().flat_map(|job| job.conflict_keys.clone()).collect()
    }

    #[test]
    fn jobs_that_are_queued_together_share_a_batch_despite_conflicts() {
        let mut queued = queued(&[&[&[1]], &[&[1]], &[&[2, 1]]]);
        assert_eq!(first_products(&queued.next_batch(10)), [1, 1, 2]);
        assert!(queued.next_batch(10).is_empty());
    }

    #[test]
    fn a_batch_is_limited_and_never_splits_a_job() {
        let mut queued = queued(&[&[&[1]], &[&[2], &[2]], &[&[3]], &[&[4], &[4], &[4], &[4]]]);
        assert_eq!(first_products(&queued.next_batch(3)), [1, 2]);
        assert_eq!(first_products(&queued.next_batch(3)), [3]);
        assert_eq!(first_products(&queued.next_batch(3)), [4]);
    }

    #[test]
    fn a_job_that_conflicts_with_a_batch_in_flight_waits_while_others_go() {
        let mut queued = queued(&[&[&[1]]]);
        let first = queued.next_batch(10);
        for products in [&[1, 5][..], &[2], &[1], &[3]] {
            queued.push(job(&[products]));
        }
        assert_eq!(first_products(&queued.next_batch(10)), [2, 3]);
        assert_eq!(queued.len(), 2);
        queued.release(&keys(&first));
        assert_eq!(first_products(&queued.next_batch(10)), [1, 1]);
    }

    #[test]
    fn an_expired_job_is_removed_and_blocks_no_other() {
        let limit = Duration::from_secs(20);
        let mut queued = queued(&[&[&[1]]]);
        let first = queued.next_batch(10);
        queued.push(job(&[&[1, 2]]));
        let begun = queued.oldest().unwrap();
        let mut later = job(&[&[2]]);
        later.queued_at = begun + limit;
        queued.push(later);
        assert!(queued.next_batch(10).is_empty());
        assert!(queued.take_expired(limit, begun).is_empty());
        assert_eq!(first_products(&queued.take_expired(limit, begun + limit)), [1]);
        assert_eq!(queued.oldest(), Some(begun + limit));
        assert_eq!(
            first_products(&queued.next_batch(10)),
            [2],
            "product 1 is in flight, but 2 is free"
        );
        queued.release(&keys(&first));
    }

    #[test]
    fn a_job_does_not_overtake_one_that_waits_for_the_same_product() {
        let mut queued = queued(&[&[&[1]]]);
        let first = queued.next_batch(10);
        queued.push(job(&[&[1, 2]]));
        assert!(queued.next_batch(10).is_empty());
        queued.push(job(&[&[2]]));
        assert!(queued.next_batch(10).is_empty(), "product 2 is free, but a job waits for it");
        queued.release(&keys(&first));
        assert_eq!(first_products(&queued.next_batch(10)), [1, 2]);
    }
}
