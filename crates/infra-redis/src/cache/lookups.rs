//! How often something is found in Redis: told to whoever listens through the `metrics` facade when the cache is
//! made. The near cache counts for itself.

use metrics::{Counter, counter};

use super::scripts::Found;

/// Counts what is asked of Redis. Questions that it did not answer are not counted.
pub(super) struct Lookups {
    hits: Counter,
    misses: Counter,
}

impl Lookups {
    /// From now on.
    pub(super) fn new() -> Self {
        let lookups = |result| counter!("oms_product_cache_requests_total", "layer" => "redis", "result" => result);
        Self { hits: lookups("hit"), misses: lookups("miss") }
    }

    /// It was asked, and this came of it.
    pub(super) fn count<E>(&self, found: &Result<Found, E>) {
        match found {
            Ok(Found::Value(_)) => self.hits.increment(1),
            Ok(Found::Lease(_)) => self.misses.increment(1),
            Err(_away) => {}
        }
    }
}
