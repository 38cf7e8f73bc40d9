//! The contract of a [`RateLimiter`].
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::rate_limit::{LimitedAction, RateLimit, RateLimited, RateLimiter};

use crate::race;

const HOUR: Duration = Duration::from_hours(1);

/// That many attempts an hour: no attempt becomes free again while a test runs.
fn per_hour(times: u32) -> RateLimit {
    RateLimit { times: NonZeroU32::new(times).unwrap(), per: HOUR }
}

async fn check(
    limiter: &dyn RateLimiter,
    action: LimitedAction,
    client: &str,
) -> Result<(), RateLimited> {
    limiter.check(action, client.parse::<IpAddr>().unwrap()).await
}

async fn login(limiter: &dyn RateLimiter, client: &str) -> Result<(), RateLimited> {
    check(limiter, LimitedAction::Login, client).await
}

/// Asserts that the addresses are one client: the first two attempts pass, the third is refused.
async fn assert_one_client(limiter: &dyn RateLimiter, addresses: [&str; 3]) {
    for address in &addresses[..2] {
        login(limiter, address).await.unwrap();
    }
    let refused = login(limiter, addresses[2]).await;
    assert!(refused.is_err(), "{addresses:?} are one client");
}

pub async fn attempts_up_to_the_limit_pass_and_the_next_is_refused(
    limiter: impl AsyncFnOnce(Option<RateLimit>, Option<RateLimit>) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(Some(per_hour(3)), Some(per_hour(1))).await;
    for _ in 0..3 {
        login(limiter.as_ref(), "192.0.2.1").await.unwrap();
    }
    for _ in 0..3 {
        let refused = login(limiter.as_ref(), "192.0.2.1").await.unwrap_err();
        assert!(refused.retry_after > Duration::ZERO && refused.retry_after <= HOUR, "{refused}");
    }
}

pub async fn actions_are_counted_separately(
    limiter: impl AsyncFnOnce(Option<RateLimit>, Option<RateLimit>) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(Some(per_hour(2)), Some(per_hour(1))).await;
    let register = LimitedAction::Register;
    check(limiter.as_ref(), register, "192.0.2.1").await.unwrap();
    check(limiter.as_ref(), register, "192.0.2.1").await.unwrap_err();
    login(limiter.as_ref(), "192.0.2.1").await.unwrap();
    login(limiter.as_ref(), "192.0.2.1").await.unwrap();
    login(limiter.as_ref(), "192.0.2.1").await.unwrap_err();
}

pub async fn an_action_without_a_limit_always_passes(
    limiter: impl AsyncFnOnce(Option<RateLimit>, Option<RateLimit>) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(None, Some(per_hour(1))).await;
    for _ in 0..1_000 {
        login(limiter.as_ref(), "192.0.2.1").await.unwrap();
    }
    check(limiter.as_ref(), LimitedAction::Register, "192.0.2.1").await.unwrap();
    check(limiter.as_ref(), LimitedAction::Register, "192.0.2.1").await.unwrap_err();
}

pub async fn client_addresses_are_counted_separately(
    limiter: impl AsyncFnOnce(Option<RateLimit>, Option<RateLimit>) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(Some(per_hour(1)), None).await;
    let addresses = [
        "192.0.2.1",
        "192.0.2.2",
        "192.0.3.1",
        "2001:db8::1",
        "2001:db8:0:1::1",
        "::1",
        "127.0.0.1",
    ];
    for address in addresses {
        login(limiter.as_ref(), address).await.unwrap();
    }
    for address in addresses {
        login(limiter.as_ref(), address).await.unwrap_err();
    }
}

pub async fn an_ipv4_mapped_ipv6_address_is_the_same_client(
    limiter: impl AsyncFnOnce(Option<RateLimit>, Option<RateLimit>) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(Some(per_hour(2)), None).await;
    let one_client = ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"];
    assert_one_client(limiter.as_ref(), one_client).await;
    // Another IPv4 address is another client, though all mapped addresses are in one IPv6 /64
    // network.
    let other = ["::ffff:192.0.2.2", "192.0.2.2", "::ffff:192.0.2.2"];
    assert_one_client(limiter.as_ref(), other).await;
}

pub async fn an_ipv6_network_of_64_bits_is_one_client(
    limiter: impl AsyncFnOnce(Option<RateLimit>, Option<RateLimit>) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(Some(per_hour(2)), None).await;
    let network = ["2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::2"];
    assert_one_client(limiter.as_ref(), network).await;
    login(limiter.as_ref(), "2001:db8:0:2::1").await.unwrap();
}

pub async fn of_concurrent_attempts_exactly_the_limit_passes(
    limiter: impl AsyncFnOnce(Option<RateLimit>, Option<RateLimit>) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(Some(per_hour(25)), Some(per_hour(7))).await;
    let passed = race(100, |racer| {
        let limiter = Arc::clone(&limiter);
        async move {
            let action =
                if racer % 2 == 0 { LimitedAction::Login } else { LimitedAction::Register };
            let result = check(limiter.as_ref(), action, "192.0.2.1").await;
            (action, result.is_ok())
        }
    })
    .await;
    let of = |wanted| passed.iter().filter(|(action, ok)| *action == wanted && *ok).count();
    assert_eq!((of(LimitedAction::Login), of(LimitedAction::Register)), (25, 7));
}

pub async fn a_refused_attempt_does_not_extend_the_wait(
    limiter: impl AsyncFnOnce(Option<RateLimit>, Option<RateLimit>) -> Arc<dyn RateLimiter>,
) {
    let limiter = limiter(Some(per_hour(2)), None).await;
    for _ in 0..2 {
        login(limiter.as_ref(), "192.0.2.1").await.unwrap();
    }
    let mut wait = login(limiter.as_ref(), "192.0.2.1").await.unwrap_err().retry_after;
    // One of two attempts becomes free after half an hour.
    assert!(wait <= HOUR / 2, "{wait:?}");
    for _ in 0..20 {
        let again = login(limiter.as_ref(), "192.0.2.1").await.unwrap_err().retry_after;
        assert!(again <= wait, "{again:?} after {wait:?}");
        wait = again;
    }
}

pub async fn an_attempt_after_the_retry_delay_passes(
    limiter: impl AsyncFnOnce(Option<RateLimit>, Option<RateLimit>) -> Arc<dyn RateLimiter>,
) {
    let times = NonZeroU32::new(2).unwrap();
    let limit = RateLimit { times, per: Duration::from_secs(1) };
    let limiter = limiter(Some(limit), None).await;
    // Attempts without a pause exceed two a second on any machine.
    let mut refused = None;
    for _ in 0..10_000 {
        if let Err(limited) = login(limiter.as_ref(), "192.0.2.1").await {
            refused = Some((limited.retry_after, Instant::now()));
            break;
        }
    }
    let (retry_after, refused_at) = refused.expect("an attempt is refused");
    assert!(retry_after <= limit.per, "{retry_after:?}");
    loop {
        let has_waited = refused_at.elapsed() >= retry_after;
        if login(limiter.as_ref(), "192.0.2.1").await.is_ok() {
            return;
        }
        assert!(!has_waited, "refused later than the announced {retry_after:?}");
        tokio::task::yield_now().await;
    }
}
