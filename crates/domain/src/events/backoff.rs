//! Exponential backoff with jitter.

use std::time::Duration;

use crate::{Timestamp, clock::saturating_after};

/// Exponential backoff with jitter, so that what failed at the same time is not retried at the same
/// time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The backoff after the first failure; it doubles with each further failure.
    pub initial: Duration,
    /// The longest backoff.
    pub max: Duration,
}

impl Backoff {
    /// The time of the next attempt, after this many failures. The wait is between half of the
    /// backoff and all of it, and depends on the seed and the number of failures alone, which
    /// spreads events as well as a random number would.
    pub fn next_attempt(&self, seed: u64, failures: u32, now: Timestamp) -> Timestamp {
        let doublings = failures.saturating_sub(1).min(31);
        let backoff = self.initial.saturating_mul(1 << doublings).min(self.max);
        let half = backoff / 2;
        let spread = u128::from(splitmix64(seed.wrapping_mul(64).wrapping_add(failures.into())));
        let jitter = half.as_micros().saturating_mul(spread) / u128::from(u64::MAX);
        let wait = half + Duration::from_micros(u64::try_from(jitter).unwrap_or(u64::MAX));
        saturating_after(now, wait)
    }
}

/// A pseudorandom number from a seed (the finalizer of `SplitMix64`; Steele, Lea and Flood, "Fast
/// splittable pseudorandom number generators", 2014).
const fn splitmix64(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;
    const BACKOFF: Backoff =
        Backoff { initial: Duration::from_secs(1), max: Duration::from_mins(5) };

    fn wait(seed: u64, failures: u32) -> Duration {
        (BACKOFF.next_attempt(seed, failures, NOW) - NOW).to_std().unwrap()
    }

    #[test]
    fn backoffs_double_up_to_the_longest() {
        for seed in 0..200 {
            for (failures, backoff) in [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (19, 300)] {
                let waited = wait(seed, failures);
                let backoff = Duration::from_secs(backoff);
                assert!(backoff / 2 <= waited && waited <= backoff, "{failures}: {waited:?}");
            }
        }
    }

    #[test]
    fn what_failed_together_is_retried_apart() {
        let mut waits: Vec<_> = (0..100).map(|seed| wait(seed, 5)).collect();
        waits.sort_unstable();
        waits.dedup();
        assert!(waits.len() > 95, "{}", waits.len());
        let spread = waits[waits.len() - 1].abs_diff(waits[0]);
        assert!(spread > Duration::from_secs(7), "of eight seconds: {spread:?}");
    }

    #[test]
    fn the_longest_backoff_stops_at_the_last_timestamp() {
        let longest = Backoff { initial: Duration::MAX, max: Duration::MAX };
        assert_eq!(longest.next_attempt(u64::MAX, u32::MAX, NOW), Timestamp::MAX_UTC);
    }
}
