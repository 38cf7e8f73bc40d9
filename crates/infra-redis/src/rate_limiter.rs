//! Rate limits, counted in Redis for all processes together.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use deadpool_redis::redis::Script;
use domain::{
    account::port::{HashPurpose, SecretSource},
    rate_limit::{
        LimitedAction, RateLimit, RateLimitSubject, RateLimited, RateLimiter, RateLimits,
    },
};
use tracing::instrument;

use crate::{client::Request, connection::Redis};

/// Counts the attempts of each subject in Redis, by the clock of Redis. A subject's key expires
/// when all attempts are available again.
///
/// # While Redis is unavailable
///
/// A limiter of this process decides. It also counts the attempts that Redis allows, so that it
/// does not start at zero. After an outage Redis may have lost its counts, and it has not counted
/// the attempts of the outage. So for one period of the limit an attempt must pass both limiters.
///
/// An attempt is given back to both. Where Redis was unavailable either when it was made or when it
/// is given back, the count in Redis is one too low or one too high until it expires.
pub struct RedisRateLimiter {
    redis: Redis,
    local: Arc<dyn RateLimiter>,
    secrets: Arc<dyn SecretSource>,
    limits: RateLimits,
    attempt: Script,
    forgive: Script,
}

impl RedisRateLimiter {
    /// A limiter with these limits. `local` is a limiter of this process with the same limits,
    /// which nothing else may use. `secrets` hashes the networks of clients, so that Redis holds no
    /// IP address.
    pub fn new(
        redis: &Redis,
        limits: &RateLimits,
        local: Arc<dyn RateLimiter>,
        secrets: Arc<dyn SecretSource>,
    ) -> Self {
        Self {
            redis: redis.clone(),
            local,
            secrets,
            limits: *limits,
            attempt: Script::new(include_str!("lua/attempt.lua")),
            forgive: Script::new(include_str!("lua/forgive.lua")),
        }
    }
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    fn is_limited(&self, action: LimitedAction) -> bool {
        self.limits.of(action).is_some()
    }

    #[instrument(target = "oms", name = "rate_limit.check", skip_all)]
    async fn check(
        &self,
        action: LimitedAction,
        subject: RateLimitSubject,
    ) -> Result<(), RateLimited> {
        let Some(limit) = self.limits.of(action) else { return Ok(()) };
        let client = self.redis.client();
        let mut attempt = self.attempt.prepare_invoke();
        attempt.key(self.key(action, subject));
        attempt.arg(emission_interval(limit)).arg(limit.times.get());
        match client.request::<u64>(Request::Script(&attempt)).await {
            Ok(0) => {
                let local = self.local.check(action, subject).await;
                if !client.may_have_lost_counts_within(limit.per) {
                    // A local refusal results from two clocks that differ.
                    return Ok(());
                }
                if local.is_err() {
                    self.forgive_in_redis(action, subject, limit).await;
                }
                local
            }
            Ok(micros) => Err(RateLimited { retry_after: Duration::from_micros(micros) }),
            Err(_unavailable) => self.local.check(action, subject).await,
        }
    }

    #[instrument(target = "oms", name = "rate_limit.forgive", skip_all)]
    async fn forgive(&self, action: LimitedAction, subject: RateLimitSubject) {
        let Some(limit) = self.limits.of(action) else { return };
        self.local.forgive(action, subject).await;
        self.forgive_in_redis(action, subject, limit).await;
    }
}

impl RedisRateLimiter {
    fn key(&self, action: LimitedAction, subject: RateLimitSubject) -> String {
        let hash = |network: &[u8]| self.secrets.keyed_hash(HashPurpose::Client, network);
        self.redis.client().keys.attempts(action, subject, hash)
    }

    /// Gives one attempt back in Redis. While Redis is away, it stays counted there until it
    /// expires.
    async fn forgive_in_redis(
        &self,
        action: LimitedAction,
        subject: RateLimitSubject,
        limit: RateLimit,
    ) {
        let client = self.redis.client();
        let mut forgive = self.forgive.prepare_invoke();
        forgive.key(self.key(action, subject)).arg(emission_interval(limit));
        let _unavailable = client.request::<u64>(Request::Script(&forgive)).await;
    }
}

/// GCRA's emission interval: after how many microseconds one more attempt is available. At least
/// one, also beyond a million attempts a second, where it would round to zero.
fn emission_interval(limit: RateLimit) -> u64 {
    let micros = (limit.per / limit.times.get()).as_micros();
    u64::try_from(micros).unwrap_or(u64::MAX).max(1)
}
