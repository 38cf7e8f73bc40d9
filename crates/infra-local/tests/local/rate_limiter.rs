//! The in-process rate limiter, beyond the contract of its port: `retry_after`, sweeps, huge
//! limits.

use std::{net::IpAddr, time::Duration};

use domain::rate_limit::{LimitedAction, RateLimitSubject, RateLimiter, RateLimits};
use futures::future::join_all;
use infra_local::LocalRateLimiter;

fn limiter(login: &str) -> LocalRateLimiter {
    LocalRateLimiter::new(&RateLimits { login: login.parse().ok(), ..RateLimits::default() })
}

fn client_at(address: &str) -> RateLimitSubject {
    RateLimitSubject::Client(address.parse().unwrap())
}

async fn passes(limiter: &LocalRateLimiter, client: &str) -> bool {
    limiter.check(LimitedAction::Login, client_at(client)).await.is_ok()
}

#[tokio::test]
async fn a_refusal_has_the_time_until_the_next_attempt_is_available() {
    let limiter = limiter("4/day");
    let client = client_at("192.0.2.1");
    for _ in 0..4 {
        limiter.check(LimitedAction::Login, client).await.unwrap();
    }
    let refused = limiter.check(LimitedAction::Login, client).await.unwrap_err();
    let expected = Duration::from_mins(350)..=Duration::from_hours(6);
    assert!(expected.contains(&refused.retry_after), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_attempts_exactly_the_limit_passes_also_during_sweeps() {
    let limiter = std::sync::Arc::new(limiter("7/day"));
    let attempts = (0..4 * LocalRateLimiter::ATTEMPTS_PER_SWEEP).map(|attempt| {
        let limiter = std::sync::Arc::clone(&limiter);
        tokio::spawn(async move {
            // Every fourth attempt is of the same client; the others are of different clients.
            let client = if attempt % 4 == 0 {
                client_at("192.0.2.1")
            } else {
                let address = 0x2001_0db8_u128 << 96 | u128::from(attempt) << 64;
                RateLimitSubject::Client(IpAddr::from(address.to_be_bytes()))
            };
            attempt % 4 == 0 && limiter.check(LimitedAction::Login, client).await.is_ok()
        })
    });
    let passed = join_all(attempts).await.into_iter().filter(|passed| *passed.as_ref().unwrap());
    assert_eq!(passed.count(), 7);
}

#[tokio::test]
async fn a_huge_limit_lets_all_attempts_pass() {
    let limiter = limiter("4294967295/second");
    for _ in 0..10_000 {
        assert!(passes(&limiter, "192.0.2.1").await);
    }
}
