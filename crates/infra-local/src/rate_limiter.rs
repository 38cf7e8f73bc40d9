//! Rate limits, counted in this process.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::rate_limit::{
    LimitedAction, RateLimit, RateLimitSubject, RateLimited, RateLimiter, RateLimits,
};

/// Counts the attempts of each subject in this process.
///
/// After every [`Self::ATTEMPTS_PER_SWEEP`] attempts at an action, subjects whose attempts are all
/// available again are removed. So memory is bounded by the number of subjects that tried within
/// the limit's period, plus that many.
pub struct LocalRateLimiter {
    counters: HashMap<LimitedAction, Counter>,
}

impl LocalRateLimiter {
    /// The number of attempts between two sweeps, which remove subjects that need no count.
    pub const ATTEMPTS_PER_SWEEP: u64 = 1_024;

    /// A limiter with these limits.
    pub fn new(limits: &RateLimits) -> Self {
        let limited = |action| limits.of(action).map(|limit| (action, Counter::new(limit)));
        Self { counters: LimitedAction::ALL.into_iter().filter_map(limited).collect() }
    }
}

#[async_trait]
impl RateLimiter for LocalRateLimiter {
    fn is_limited(&self, action: LimitedAction) -> bool {
        self.counters.contains_key(&action)
    }

    async fn check(
        &self,
        action: LimitedAction,
        subject: RateLimitSubject,
    ) -> Result<(), RateLimited> {
        self.counters.get(&action).map_or(Ok(()), |counter| counter.check(subject.counted()))
    }

    async fn forgive(&self, action: LimitedAction, subject: RateLimitSubject) {
        if let Some(counter) = self.counters.get(&action) {
            counter.forgive(subject.counted());
        }
    }
}

/// The attempts at one action. The algorithm is GCRA (generic cell rate algorithm).
struct Counter {
    /// The emission interval: after that one more attempt is available.
    interval: Duration,
    /// How far a subject's theoretical arrival time may lie ahead when it attempts once more.
    tolerance: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The theoretical arrival time (TAT) of each subject: when all its attempts are available
    /// again.
    arrivals: HashMap<RateLimitSubject, Instant>,
    attempts: u64,
}

impl Counter {
    fn new(limit: RateLimit) -> Self {
        // At least a nanosecond, also beyond 10^9 attempts a second, where it would round to zero.
        let interval = (limit.per / limit.times.get()).max(Duration::from_nanos(1));
        let tolerance = interval.saturating_mul(limit.times.get() - 1);
        Self { interval, tolerance, state: Mutex::default() }
    }

    fn check(&self, subject: RateLimitSubject) -> Result<(), RateLimited> {
        let State { arrivals, attempts } =
            &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        *attempts = attempts.wrapping_add(1);
        if attempts.is_multiple_of(LocalRateLimiter::ATTEMPTS_PER_SWEEP) {
            arrivals.retain(|_, arrival| *arrival > now);
            arrivals.shrink_to_fit();
        }
        let ahead = arrivals
            .get(&subject)
            .map_or(Duration::ZERO, |arrival| arrival.saturating_duration_since(now));
        let retry_after = ahead.saturating_sub(self.tolerance);
        if !retry_after.is_zero() {
            return Err(RateLimited { retry_after });
        }
        arrivals.insert(subject, now + ahead + self.interval);
        Ok(())
    }

    fn forgive(&self, subject: RateLimitSubject) {
        let State { arrivals, .. } =
            &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let Some(arrival) = arrivals.get_mut(&subject) else { return };
        // No more than all attempts are available, however many are given back.
        match arrival.saturating_duration_since(now).checked_sub(self.interval) {
            Some(ahead) if !ahead.is_zero() => *arrival = now + ahead,
            _ => drop(arrivals.remove(&subject)),
        }
    }
}
