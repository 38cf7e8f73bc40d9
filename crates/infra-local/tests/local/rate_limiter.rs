//! Rate limits, beyond what the port asks for: the wait that is told, and that memory is given back.

use std::{net::IpAddr, time::Duration};

use domain::rate_limit::{LimitedAction, RateLimit, RateLimiter};
use futures::future::join_all;
use infra_local::LocalRateLimiter;

fn limiter(login: &str) -> LocalRateLimiter {
    LocalRateLimiter::new(Some(login.parse::<RateLimit>().unwrap()), None)
}

async fn passes(limiter: &LocalRateLimiter, client: &str) -> bool {
    let client: IpAddr = client.parse().unwrap();
    limiter.check(LimitedAction::Login, client).await.is_ok()
}

#[tokio::test]
async fn whoever_is_refused_is_told_when_to_come_back() {
    let limiter = limiter("4/day");
    let client: IpAddr = "192.0.2.1".parse().unwrap();
    for _ in 0..4 {
        limiter.check(LimitedAction::Login, client).await.unwrap();
    }
    let refused = limiter.check(LimitedAction::Login, client).await.unwrap_err();
    let (least, most) = (Duration::from_mins(350), Duration::from_hours(6));
    let about = least..=most;
    assert!(about.contains(&refused.retry_after), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_attempts_no_more_than_the_limit_pass_also_while_others_are_forgotten() {
    let limiter = std::sync::Arc::new(limiter("7/day"));
    let attempts = (0..4 * LocalRateLimiter::SWEEP_EVERY).map(|attempt| {
        let limiter = std::sync::Arc::clone(&limiter);
        tokio::spawn(async move {
            // Every fourth is the same client; the others come once.
            let client = match attempt % 4 {
                0 => "192.0.2.1".parse().unwrap(),
                _ => {
                    IpAddr::from((0x2001_0db8_u128 << 96 | u128::from(attempt) << 64).to_be_bytes())
                }
            };
            attempt % 4 == 0 && limiter.check(LimitedAction::Login, client).await.is_ok()
        })
    });
    let passed = join_all(attempts).await.into_iter().filter(|passed| *passed.as_ref().unwrap());
    assert_eq!(passed.count(), 7);
}

#[tokio::test]
async fn a_limit_beyond_measure_lets_everybody_pass() {
    let limiter = limiter("4294967295/second");
    for _ in 0..10_000 {
        assert!(passes(&limiter, "192.0.2.1").await);
    }
}
