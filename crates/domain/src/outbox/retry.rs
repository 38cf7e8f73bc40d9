//! When a failed delivery is retried, and when it is given up.

use std::time::Duration;

use chrono::TimeDelta;

use crate::{OutboxEventId, Timestamp};

/// When a failed delivery is retried: exponential backoff with jitter, so that events that failed
/// at the same time are not retried at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The backoff after the first failure; it doubles with each further failure.
    pub initial_backoff: Duration,
    /// The longest backoff.
    pub max_backoff: Duration,
    /// The number of attempts after which an event becomes a dead letter.
    pub max_attempts: u32,
}

impl Default for RetryPolicy {
    /// A first backoff of one second, a longest of five minutes, 20 attempts: about 50 minutes in
    /// all.
    fn default() -> Self {
        Self {
            initial_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_mins(5),
            max_attempts: 20,
        }
    }
}

/// The decision after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryDecision {
    /// The event is retried, at this time or later.
    RetryAt(Timestamp),
    /// The event becomes a dead letter.
    Dead,
}

impl RetryPolicy {
    /// Decides after the `attempts`th attempt failed. The wait is between half of the backoff and
    /// all of it, and depends on the event and the attempt alone, which spreads events as well as a
    /// random number would.
    pub fn after_failure(
        &self,
        event: OutboxEventId,
        attempts: u32,
        now: Timestamp,
    ) -> RetryDecision {
        if attempts >= self.max_attempts {
            return RetryDecision::Dead;
        }
        let doublings = attempts.saturating_sub(1).min(31);
        let backoff = self.initial_backoff.saturating_mul(1 << doublings).min(self.max_backoff);
        let half = backoff / 2;
        let spread = u128::from(splitmix64(event, attempts));
        let jitter = half.as_micros().saturating_mul(spread) / u128::from(u64::MAX);
        let wait = half + Duration::from_micros(u64::try_from(jitter).unwrap_or(u64::MAX));
        let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        RetryDecision::RetryAt(now.checked_add_signed(wait).unwrap_or(Timestamp::MAX_UTC))
    }
}

/// A pseudorandom number from an event and an attempt (the finalizer of `SplitMix64`; Steele, Lea
/// and Flood, "Fast splittable pseudorandom number generators", 2014).
fn splitmix64(event: OutboxEventId, attempts: u32) -> u64 {
    let seed = event.get().unsigned_abs().wrapping_mul(64).wrapping_add(u64::from(attempts));
    let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn wait(policy: &RetryPolicy, event: i64, attempts: u32) -> Duration {
        match policy.after_failure(OutboxEventId::new(event), attempts, NOW) {
            RetryDecision::RetryAt(at) => (at - NOW).to_std().unwrap(),
            RetryDecision::Dead => panic!("given up after {attempts}"),
        }
    }

    #[test]
    fn backoffs_double_up_to_the_longest() {
        let policy = RetryPolicy::default();
        for event in 0..200 {
            for (attempt, backoff) in [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (19, 300)] {
                let waited = wait(&policy, event, attempt);
                let backoff = Duration::from_secs(backoff);
                assert!(backoff / 2 <= waited && waited <= backoff, "{attempt}: {waited:?}");
            }
        }
    }

    #[test]
    fn events_that_failed_together_are_retried_apart() {
        let policy = RetryPolicy::default();
        let mut waits: Vec<_> = (0..100).map(|event| wait(&policy, event, 5)).collect();
        waits.sort_unstable();
        waits.dedup();
        assert!(waits.len() > 95, "{}", waits.len());
        let spread = waits[waits.len() - 1].abs_diff(waits[0]);
        assert!(spread > Duration::from_secs(7), "of eight seconds: {spread:?}");
    }

    #[test]
    fn an_event_is_dead_after_the_last_attempt() {
        let policy = RetryPolicy { max_attempts: 3, ..RetryPolicy::default() };
        let after = |attempts| policy.after_failure(OutboxEventId::new(1), attempts, NOW);
        assert!(matches!(after(2), RetryDecision::RetryAt(_)));
        assert_eq!(after(3), RetryDecision::Dead);
        assert_eq!(after(u32::MAX), RetryDecision::Dead);
    }

    #[test]
    fn the_longest_backoff_stops_at_the_last_timestamp() {
        let policy = RetryPolicy {
            initial_backoff: Duration::MAX,
            max_backoff: Duration::MAX,
            max_attempts: u32::MAX,
        };
        let at = policy.after_failure(OutboxEventId::new(i64::MIN), 90, NOW);
        assert_eq!(at, RetryDecision::RetryAt(Timestamp::MAX_UTC));
    }
}
