//! The suites of the `port-contracts` crate.

use std::{num::NonZeroUsize, sync::Arc};

use domain::{
    Clock,
    account::port::{AccessTokens, PasswordHasher, SecretSource},
    product::ProductCache,
    rate_limit::{RateLimit, RateLimiter},
};
use infra_local::{
    BcryptCost, BcryptHasher, JwtAlgorithm, JwtTokens, LocalCacheOptions, LocalProductCache,
    LocalRateLimiter, OsSecrets, SystemClock,
};

async fn cache() -> Arc<dyn ProductCache> {
    Arc::new(LocalProductCache::new(LocalCacheOptions::default()))
}

async fn limiter(login: Option<RateLimit>, register: Option<RateLimit>) -> Arc<dyn RateLimiter> {
    Arc::new(LocalRateLimiter::new(login, register))
}

fn hasher() -> Arc<dyn PasswordHasher> {
    let cost = BcryptCost::new(BcryptCost::MIN).expect("the least cost is one");
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

/// The same, remembered.
mod remembered {
    use domain::{
        Timestamp,
        account::{AccessClaims, AccessToken, InvalidToken, port::SigningError},
    };
    use infra_local::RememberedTokens;

    use super::*;

    /// Asks twice about each token: the first answer may be remembered, the second is to be the same.
    struct Twice(RememberedTokens<JwtTokens>);

    impl AccessTokens for Twice {
        fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, SigningError> {
            self.0.issue(claims)
        }

        fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken> {
            let first = self.0.verify(token, now);
            assert_eq!(self.0.verify(token, now), first);
            first
        }
    }

    fn tokens(secret: &[u8]) -> Arc<dyn AccessTokens> {
        let tokens = JwtTokens::new(secret, JwtAlgorithm::Hs256);
        Arc::new(Twice(RememberedTokens::new(tokens)))
    }

    port_contracts::access_tokens_suite!(tokens);
}

port_contracts::secret_source_suite!(secrets);
port_contracts::clock_suite!(clock);
