//! The product cache and the rate limiter: in Redis if it is configured, else in this process.

use std::{sync::Arc, time::Duration};

use domain::{
    account::port::SecretSource,
    product::ProductCache,
    rate_limit::{RateLimiter, RateLimits},
    with_causes,
};
use infra_local::{LocalCacheOptions, LocalProductCache, LocalRateLimiter};
use infra_redis::{Redis, RedisOptions, RedisProductCache, RedisRateLimiter, RedisUrl};

use super::{database::Backend, error::CompositionError};
use crate::config::RedisConfig;

/// Connects to Redis, if one is configured.
pub(super) async fn connect(
    config: Option<&RedisConfig>,
) -> Result<Option<Redis>, CompositionError> {
    let Some(config) = config else { return Ok(None) };
    let failed = |error: &dyn std::error::Error| {
        CompositionError::setting(
            "REDIS_URL",
            &format_args!("cannot be used: {}", with_causes(error)),
        )
    };
    let url: RedisUrl = config.url.expose().parse().map_err(|error| failed(&error))?;
    let options = RedisOptions { prefix: config.prefix.clone(), ..RedisOptions::default() };
    Redis::connect(&url, options).await.map(Some).map_err(|error| failed(&error))
}

/// How long products are cached if other processes may change them without an invalidation, which
/// goes through Redis. Reads are at most a second stale.
const UNINVALIDATED_TTL: Duration = Duration::from_millis(800);

/// The cache in this process, backed by Redis if it is configured.
pub(super) fn cache(database: &dyn Backend, redis: Option<&Redis>) -> Arc<dyn ProductCache> {
    let mut options = LocalCacheOptions::default();
    if redis.is_some() {
        options.time_to_live = RedisProductCache::NEAR_TIME_TO_LIVE;
    } else if database.is_shared() {
        options.time_to_live = UNINVALIDATED_TTL;
    }
    let near = Arc::new(LocalProductCache::new(options));
    match redis {
        None => near,
        Some(redis) => Arc::new(RedisProductCache::new(redis, near)),
    }
}

/// In Redis where there is one; in this process otherwise, and while it is away.
pub(super) fn limiter(
    limits: &RateLimits,
    redis: Option<&Redis>,
    secrets: &Arc<dyn SecretSource>,
) -> Arc<dyn RateLimiter> {
    let local = Arc::new(LocalRateLimiter::new(limits));
    match redis {
        None => local,
        Some(redis) => Arc::new(RedisRateLimiter::new(redis, limits, local, Arc::clone(secrets))),
    }
}
