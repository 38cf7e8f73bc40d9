//! The jobs that wait, and which of them go next.
//!
//! A job goes with the next batch unless it conflicts with a batch in flight: in the database it would only wait for
//! that batch, and delay all orders that went with it. Nor does it overtake a job that waits for the same thing, so
//! that no job starves.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use super::job::{ConflictKey, PlacementJob};

/// The jobs that wait, in the order they came, and the conflict keys of the batches in flight.
#[derive(Default)]
pub(super) struct QueuedJobs {
    jobs: VecDeque<PlacementJob>,
    /// The keys of the batches in flight. No two of them share one.
    in_flight: HashSet<ConflictKey>,
    /// How many jobs at the front are blocked, as far as is known since a batch finished last.
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

    /// Takes out the jobs that have waited as long as `limit`.
    pub(super) fn take_expired(&mut self, limit: Duration, now: Instant) -> Vec<PlacementJob> {
        let mut taken = Vec::new();
        while let Some(job) =
            self.jobs.pop_front_if(|job| now.saturating_duration_since(job.queued_at) >= limit)
        {
            taken.push(job);
        }
        if !taken.is_empty() {
            // No job is blocked by them any more.
            self.unblock();
        }
        taken
    }

    /// Takes the next batch out: up to so many orders, or one job that has more. Empty if every job is blocked.
    /// Its conflict keys are in flight until [`Self::release`].
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

    /// The batch with these conflict keys has finished.
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
        let is_taken = |key| self.in_flight.contains(key) || self.blocked_keys.contains(key);
        !job.conflict_keys.iter().any(is_taken)
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

    fn waiting(jobs: &[&[&[i64]]]) -> QueuedJobs {
        let mut waiting = QueuedJobs::default();
        for orders in jobs {
            waiting.push(job(orders));
        }
        waiting
    }

    /// The first product of each job's first order.
    fn names(batch: &[PlacementJob]) -> Vec<i64> {
        let name = |job: &PlacementJob| job.orders[0].products().next().unwrap().get();
        batch.iter().map(name).collect()
    }

    fn keys(batch: &[PlacementJob]) -> Vec<ConflictKey> {
        batch.iter().flat_map(|job| job.conflict_keys.clone()).collect()
    }

    #[test]
    fn all_that_wait_go_together_though_they_want_the_same() {
        let mut waiting = waiting(&[&[&[1]], &[&[1]], &[&[2, 1]]]);
        assert_eq!(names(&waiting.next_batch(10)), [1, 1, 2]);
        assert!(waiting.next_batch(10).is_empty());
    }

    #[test]
    fn a_batch_has_its_limit_and_a_job_is_not_split() {
        let mut waiting = waiting(&[&[&[1]], &[&[2], &[2]], &[&[3]], &[&[4], &[4], &[4], &[4]]]);
        assert_eq!(names(&waiting.next_batch(3)), [1, 2]);
        assert_eq!(names(&waiting.next_batch(3)), [3]);
        assert_eq!(names(&waiting.next_batch(3)), [4]);
    }

    #[test]
    fn a_job_that_conflicts_with_a_batch_in_flight_waits_and_others_go() {
        let mut waiting = waiting(&[&[&[1]]]);
        let first = waiting.next_batch(10);
        for products in [&[1, 5][..], &[2], &[1], &[3]] {
            waiting.push(job(&[products]));
        }
        assert_eq!(names(&waiting.next_batch(10)), [2, 3]);
        assert_eq!(waiting.len(), 2);
        waiting.release(&keys(&first));
        assert_eq!(names(&waiting.next_batch(10)), [1, 1]);
    }

    #[test]
    fn a_job_that_has_waited_too_long_is_taken_out_and_blocks_no_other() {
        let limit = Duration::from_secs(20);
        let mut waiting = waiting(&[&[&[1]]]);
        let first = waiting.next_batch(10);
        waiting.push(job(&[&[1, 2]]));
        let begun = waiting.oldest().unwrap();
        let mut later = job(&[&[2]]);
        later.queued_at = begun + limit;
        waiting.push(later);
        assert!(waiting.next_batch(10).is_empty());
        assert!(waiting.take_expired(limit, begun).is_empty());
        assert_eq!(names(&waiting.take_expired(limit, begun + limit)), [1]);
        assert_eq!(waiting.oldest(), Some(begun + limit));
        assert_eq!(names(&waiting.next_batch(10)), [2], "product 1 is in flight, but 2 is free");
        waiting.release(&keys(&first));
    }

    #[test]
    fn a_job_does_not_overtake_one_that_waits_for_the_same() {
        let mut waiting = waiting(&[&[&[1]]]);
        let first = waiting.next_batch(10);
        waiting.push(job(&[&[1, 2]]));
        assert!(waiting.next_batch(10).is_empty());
        waiting.push(job(&[&[2]]));
        assert!(waiting.next_batch(10).is_empty(), "product 2 is free, but a job waits for it");
        waiting.release(&keys(&first));
        assert_eq!(names(&waiting.next_batch(10)), [1, 2]);
    }
}
