//! The contract suites of the `port-contracts` crate.

use std::{num::NonZeroUsize, sync::Arc};

use domain::{
    Clock,
    account::port::{AccessTokens, PasswordHasher, SecretSource},
    product::ProductCache,
    rate_limit::{RateLimiter, RateLimits},
};
use infra_local::{
    BcryptCost, BcryptHasher, JwtAlgorithm, JwtTokens, LocalCacheOptions, LocalProductCache,
    LocalRateLimiter, OsSecrets, SystemClock,
};

async fn cache() -> Arc<dyn ProductCache> {
    Arc::new(LocalProductCache::new(LocalCacheOptions::default()))
}

async fn limiter(limits: RateLimits) -> Arc<dyn RateLimiter> {
    Arc::new(LocalRateLimiter::new(&limits))
}

fn hasher() -> Arc<dyn PasswordHasher> {
    let cost = BcryptCost::new(BcryptCost::MIN).expect("the least cost is valid");
    Arc::new(BcryptHasher::new(cost, NonZeroUsize::MIN))
}

fn tokens(secret: &[u8]) -> Arc<dyn AccessTokens> {
    Arc::new(JwtTokens::new(secret, JwtAlgorithm::Hs256))
}

fn secrets() -> Arc<dyn SecretSource> {
    Arc::new(OsSecrets::new(b"a secret of thirty-two bytes, or more"))
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

port_contracts::product_cache_suite!(cache);
port_contracts::rate_limiter_suite!(limiter);
port_contracts::password_hasher_suite!(hasher);
port_contracts::access_tokens_suite!(tokens);
port_contracts::secret_source_suite!(secrets);
port_contracts::clock_suite!(clock);
