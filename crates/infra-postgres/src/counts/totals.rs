//! A cache of counted totals: a search or a combination of filters has no counter, and counting
//! many rows takes long.

use std::time::Duration;

use moka::sync::Cache;

/// Totals up to this are not cached.
const MAX_UNCACHED: u64 = 2_000;
/// How long a total is cached.
const TOTAL_TTL: Duration = Duration::from_secs(10);
/// The most cached totals.
const MAX_TOTALS: u64 = 1_000;

/// Large totals, by what they count.
pub(crate) struct TotalsCache(Cache<String, u64>);

impl TotalsCache {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(MAX_TOTALS).time_to_live(TOTAL_TTL).build())
    }

    /// The cached total; `None` if it must be counted.
    pub(crate) fn get(&self, key: &str) -> Option<u64> {
        self.0.get(key)
    }

    /// Caches a total that was just counted, if it is large.
    pub(crate) fn insert(&self, key: String, total: u64) {
        if total > MAX_UNCACHED {
            self.0.insert(key, total);
        }
    }
}
