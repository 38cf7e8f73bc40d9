//! Rate limits, counted in Redis for all processes together.

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

/// Counts the attempts of each client in Redis, by the clock of Redis.
///
/// A client is an IPv4 address (also one that is mapped to IPv6), or the first 64 bits of an IPv6
/// address, because providers give at least that to a subscriber. A client's key expires when all
/// attempts are available again.
///
/// # While Redis is unavailable
///
/// A limiter of this process decides. It also counts the attempts that Redis allows, so that its
/// counts are right when an outage begins. After an outage Redis may have lost its counts, and it
/// has not counted the attempts of the outage. So for one period of the limit an attempt must pass
/// both limiters.
pub struct RedisRateLimiter {
    redis: Redis,
    local: Arc<dyn RateLimiter>,
    login: Option<RateLimit>,
    register: Option<RateLimit>,
    attempt: Script,
}

impl RedisRateLimiter {
    /// Limits logins and registrations. `None` means unlimited. `local` is a limiter of this
    /// process with the same limits, which nothing else may use.
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
        attempt.key(client.keys.attempts(action, client_network(address)));
        attempt.arg(emission_interval(limit)).arg(limit.times.get());
        match client.request::<u64>(Request::Script(&attempt)).await {
            Ok(0) => {
                let local = self.local.check(action, address).await;
                // Redis has all counts otherwise, so a refusal of the local limiter alone would
                // only be due to a difference between the two clocks.
                if client.may_have_lost_counts_within(limit.per) { local } else { Ok(()) }
            }
            Ok(micros) => Err(RateLimited { retry_after: Duration::from_micros(micros) }),
            Err(_unavailable) => self.local.check(action, address).await,
        }
    }
}

/// GCRA's emission interval: after how many microseconds one more attempt is available. At least
/// one, also beyond a million attempts a second, where it would round to zero.
fn emission_interval(limit: RateLimit) -> u64 {
    let micros = (limit.per / limit.times.get()).as_micros();
    u64::try_from(micros).unwrap_or(u64::MAX).max(1)
}

/// The address that a client is counted under: IPv4, or the /64 network of an IPv6 address.
fn client_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}
