//! Rate limits, counted in this process.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use domain::rate_limit::{LimitedAction, RateLimit, RateLimited, RateLimiter};
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};

/// Counts the attempts of each client in this process.
///
/// A client is an IPv4 address (also one that is mapped to IPv6), or the first 64 bits of an IPv6
/// address, because providers give at least that to a subscriber.
///
/// After every [`Self::ATTEMPTS_PER_SWEEP`] attempts, clients whose bucket is full again are
/// removed. So memory is bounded by the number of clients with an attempt within the limit's
/// period, plus [`Self::ATTEMPTS_PER_SWEEP`].
pub struct LocalRateLimiter {
    login: Option<Buckets>,
    register: Option<Buckets>,
}

impl LocalRateLimiter {
    /// The number of attempts between two sweeps, which remove clients whose bucket is full.
    pub const ATTEMPTS_PER_SWEEP: u64 = 1_024;

    /// Limits logins and registrations. `None` means unlimited.
    pub fn new(login: Option<RateLimit>, register: Option<RateLimit>) -> Self {
        Self { login: login.map(Buckets::new), register: register.map(Buckets::new) }
    }
}

/// A token bucket for each client.
struct Buckets {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    attempts: AtomicU64,
}

impl Buckets {
    fn new(limit: RateLimit) -> Self {
        // At least a nanosecond, also beyond 10^9 attempts a second, where it would round to zero.
        let refill = (limit.per / limit.times.get()).max(Duration::from_nanos(1));
        let quota = Quota::with_period(refill)
            .unwrap_or_else(|| Quota::per_second(limit.times))
            .allow_burst(limit.times);
        Self {
            limiter: DefaultKeyedRateLimiter::keyed(quota),
            clock: DefaultClock::default(),
            attempts: AtomicU64::new(0),
        }
    }

    fn check(&self, client: IpAddr) -> Result<(), RateLimited> {
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        if attempt.is_multiple_of(LocalRateLimiter::ATTEMPTS_PER_SWEEP) {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter
            .check_key(&client)
            .map_err(|wait| RateLimited { retry_after: wait.wait_time_from(self.clock.now()) })
    }
}

#[async_trait]
impl RateLimiter for LocalRateLimiter {
    async fn check(&self, action: LimitedAction, client: IpAddr) -> Result<(), RateLimited> {
        let buckets = match action {
            LimitedAction::Login => &self.login,
            LimitedAction::Register => &self.register,
        };
        buckets.as_ref().map_or(Ok(()), |buckets| buckets.check(client_network(client)))
    }
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
