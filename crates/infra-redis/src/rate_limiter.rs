//! Attempts, counted in Redis for all processes together.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use deadpool_redis::redis::Script;
use domain::rate_limit::{LimitedAction, RateLimit, RateLimited, RateLimiter};
use tracing::instrument;

use crate::{client::Request, connection::Redis};

/// Counts the attempts of each client in Redis, by Redis's own clock.
///
/// A client is an IPv4 address (also one that is written as IPv6), or the first 64 bits of an IPv6
/// address, because that is the least that a provider gives to one customer. What is kept of a client leaves
/// by itself when all attempts are free again.
///
/// # While Redis is away
///
/// A limiter of this process decides then. It counts what Redis lets through as well, so that it does not
/// start from nothing. After an outage Redis may have lost its counts, and has not seen the attempts of
/// the outage; so for one while of the limit an attempt has to pass both.
pub struct RedisRateLimiter {
    redis: Redis,
    local: Arc<dyn RateLimiter>,
    login: Option<RateLimit>,
    register: Option<RateLimit>,
    attempt: Script,
}

impl RedisRateLimiter {
    /// Limits logins and registrations. `None` is no limit. `local` is a limiter of this process with the
    /// same limits, that nobody else uses.
    pub fn new(
        redis: &Redis,
        login: Option<RateLimit>,
        register: Option<RateLimit>,
        local: Arc<dyn RateLimiter>,
    ) -> Self {
        let attempt = Script::new(include_str!("lua/attempt.lua"));
        Self { redis: redis.clone(), local, login, register, attempt }
    }
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    #[instrument(target = "oms", name = "rate_limit.check", skip_all)]
    async fn check(&self, action: LimitedAction, address: IpAddr) -> Result<(), RateLimited> {
        let limit = match action {
            LimitedAction::Login => self.login,
            LimitedAction::Register => self.register,
        };
        let Some(limit) = limit else { return Ok(()) };
        let client = self.redis.client();
        let mut attempt = self.attempt.prepare_invoke();
        attempt.key(client.keys.attempts(action, one_client(address)));
        attempt.arg(step(limit)).arg(limit.times.get());
        match client.request::<u64>(Request::Script(&attempt)).await {
            Ok(0) => {
                let counted = self.local.check(action, address).await;
                // Otherwise a local refusal comes of two clocks that tick apart.
                if client.may_have_forgotten_within(limit.per) { counted } else { Ok(()) }
            }
            Ok(micros) => Err(RateLimited { retry_after: Duration::from_micros(micros) }),
            Err(_away) => self.local.check(action, address).await,
        }
    }
}

/// After how many microseconds one more attempt is free. Beyond a million a second that rounds to nothing;
/// a microsecond limits nobody.
fn step(limit: RateLimit) -> u64 {
    let micros = (limit.per / limit.times.get()).as_micros();
    u64::try_from(micros).unwrap_or(u64::MAX).max(1)
}

/// The address under which a client is counted.
fn one_client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}
