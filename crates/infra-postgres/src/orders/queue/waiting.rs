//! Who waits, and who goes next.
//!
//! A job goes with the next batch unless a batch under way has something that it lays claim to: in the
//! database it would only wait for that batch, and hold everybody up that went with it. Nor does it overtake
//! a job that waits for the same thing, so everybody's turn comes.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use super::job::{Claim, Job};

/// The jobs that wait, in the order they came, and what the batches under way have in hand.
#[derive(Default)]
pub(super) struct Waiting {
    jobs: VecDeque<Job>,
    /// What the batches under way have in hand. No two of them have the same.
    in_hand: HashSet<Claim>,
    /// So many jobs at the front have been looked at since a batch finished last, and have to wait on.
    held: usize,
    /// What those lay claim to.
    held_claims: HashSet<Claim>,
}

impl Waiting {
    /// How many jobs wait.
    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Puts a job at the end.
    pub(super) fn push(&mut self, job: Job) {
        self.jobs.push_back(job);
    }

    /// When the job at the front was queued.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.jobs.front().map(|job| job.queued_at)
    }

    /// Takes those out that have waited as long as `limit`.
    pub(super) fn take_waiting_for(&mut self, limit: Duration, now: Instant) -> Vec<Job> {
        let mut taken = Vec::new();
        while let Some(job) =
            self.jobs.pop_front_if(|job| now.saturating_duration_since(job.queued_at) >= limit)
        {
            taken.push(job);
        }
        if !taken.is_empty() {
            // Nobody has to wait behind them any more.
            self.held = 0;
            self.held_claims.clear();
        }
        taken
    }

    /// Takes the next batch out: up to so many orders, or one job that has more. Empty if nobody can go.
    /// What it lays claim to is in hand until [`Self::release`].
    pub(super) fn next_batch(&mut self, max_orders: usize) -> Vec<Job> {
        let mut batch: Vec<Job> = Vec::new();
        let mut orders = 0;
        let mut later = self.jobs.split_off(self.held.min(self.jobs.len()));
        while let Some(job) = later.pop_front() {
            if !self.is_free(&job) {
                self.held_claims.extend(job.claims.iter().cloned());
                self.jobs.push_back(job);
                self.held += 1;
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
            self.in_hand.extend(job.claims.iter().cloned());
        }
        batch
    }

    /// What these claims are on is free again.
    pub(super) fn release(&mut self, claims: &[Claim]) {
        for claim in claims {
            self.in_hand.remove(claim);
        }
        self.held = 0;
        self.held_claims.clear();
    }

    fn is_free(&self, job: &Job) -> bool {
        job.claims
            .iter()
            .all(|claim| !self.in_hand.contains(claim) && !self.held_claims.contains(claim))
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        Currency, CustomerName, ProductId, Quantity, Timestamp, UserId,
        order::{LineRequest, LineRequests, NewOrder, RequestedContent},
    };
    use tokio::sync::oneshot;

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

    fn job(orders: &[&[i64]]) -> Job {
        Job::new(orders.iter().map(|products| order(products)).collect(), oneshot::channel().0)
    }

    fn waiting(jobs: &[&[&[i64]]]) -> Waiting {
        let mut waiting = Waiting::default();
        for orders in jobs {
            waiting.push(job(orders));
        }
        waiting
    }

    /// The first product of each job's first order.
    fn names(batch: &[Job]) -> Vec<i64> {
        let name = |job: &Job| job.orders[0].products().next().unwrap().get();
        batch.iter().map(name).collect()
    }

    fn claims(batch: &[Job]) -> Vec<Claim> {
        batch.iter().flat_map(|job| job.claims.clone()).collect()
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
    fn who_wants_what_is_in_hand_waits_and_others_go_on() {
        let mut waiting = waiting(&[&[&[1]]]);
        let first = waiting.next_batch(10);
        for products in [&[1, 5][..], &[2], &[1], &[3]] {
            waiting.push(job(&[products]));
        }
        assert_eq!(names(&waiting.next_batch(10)), [2, 3]);
        assert_eq!(waiting.len(), 2);
        waiting.release(&claims(&first));
        assert_eq!(names(&waiting.next_batch(10)), [1, 1]);
    }

    #[test]
    fn who_has_waited_too_long_goes_and_holds_up_nobody_any_more() {
        let limit = Duration::from_secs(20);
        let mut waiting = waiting(&[&[&[1]]]);
        let first = waiting.next_batch(10);
        waiting.push(job(&[&[1, 2]]));
        let begun = waiting.oldest().unwrap();
        let mut later = job(&[&[2]]);
        later.queued_at = begun + limit;
        waiting.push(later);
        assert!(waiting.next_batch(10).is_empty());
        assert!(waiting.take_waiting_for(limit, begun).is_empty());
        assert_eq!(names(&waiting.take_waiting_for(limit, begun + limit)), [1]);
        assert_eq!(waiting.oldest(), Some(begun + limit));
        assert_eq!(names(&waiting.next_batch(10)), [2], "product 1 is in hand, but 2 is free");
        waiting.release(&claims(&first));
    }

    #[test]
    fn nobody_overtakes_who_waits_for_the_same() {
        let mut waiting = waiting(&[&[&[1]]]);
        let first = waiting.next_batch(10);
        waiting.push(job(&[&[1, 2]]));
        assert!(waiting.next_batch(10).is_empty());
        waiting.push(job(&[&[2]]));
        assert!(waiting.next_batch(10).is_empty(), "product 2 is free, but somebody waits for it");
        waiting.release(&claims(&first));
        assert_eq!(names(&waiting.next_batch(10)), [1, 2]);
    }
}
