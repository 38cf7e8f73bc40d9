//! The contract suites of the `port-contracts` crate.

use std::sync::Arc;

use domain::{
    product::ProductCache,
    rate_limit::{RateLimiter, RateLimits},
};
use infra_local::{LocalCacheOptions, LocalProductCache, LocalRateLimiter};
use infra_redis::{Redis, RedisProductCache, RedisRateLimiter};

use crate::fixture::{Isolated, UniquePrefix, generous_timeouts, secrets, shared_url};

async fn redis(prefix: &UniquePrefix) -> Redis {
    let url = shared_url().parse().expect("OMS_TEST_REDIS_URL is a URL");
    let redis =
        Redis::connect(&url, generous_timeouts(prefix)).await.expect("the options are valid");
    assert!(redis.is_up(), "Redis at {url} is up");
    redis
}

async fn cache() -> Arc<dyn ProductCache> {
    let prefix = UniquePrefix::new();
    let near = LocalProductCache::new(LocalCacheOptions::default());
    let adapter = RedisProductCache::new(&redis(&prefix).await, Arc::new(near));
    Arc::new(Isolated { adapter, _prefix: prefix })
}

async fn limiter(limits: RateLimits) -> Arc<dyn RateLimiter> {
    let prefix = UniquePrefix::new();
    let local = Arc::new(LocalRateLimiter::new(&limits));
    let adapter = RedisRateLimiter::new(&redis(&prefix).await, &limits, local, secrets());
    Arc::new(Isolated { adapter, _prefix: prefix })
}

port_contracts::product_cache_suite!(cache);
port_contracts::rate_limiter_suite!(limiter);
