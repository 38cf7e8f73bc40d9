//! Totals that took counting: a search or a combination of filters has no counter, and many rows take long to count.

use std::time::Duration;

use moka::sync::Cache;

/// Totals up to this are counted each time.
const MAX_UNCACHED: u64 = 2_000;
/// For how long a total is kept.
const TOTAL_TTL: Duration = Duration::from_secs(10);
/// How many totals are kept.
const MAX_TOTALS: u64 = 1_000;

/// Large totals, for some seconds, by what they count.
pub(crate) struct TotalsCache(Cache<String, u64>);

impl TotalsCache {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(MAX_TOTALS).time_to_live(TOTAL_TTL).build())
    }

    /// The total of what that key stands for; `None` if it is to be counted.
    pub(crate) fn get(&self, key: &str) -> Option<u64> {
        self.0.get(key)
    }

    /// Keeps a total that was counted just now, if it is large.
    pub(crate) fn insert(&self, key: String, total: u64) {
        if total > MAX_UNCACHED {
            self.0.insert(key, total);
        }
    }
}
