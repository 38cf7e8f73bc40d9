//! Limits: shared by all processes, kept over an outage, by a limiter of this process meanwhile.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::rate_limit::{LimitedAction, RateLimit, RateLimited, RateLimiter};
use infra_local::LocalRateLimiter;
use infra_redis::{KeyPrefix, Redis, RedisRateLimiter};
use port_contracts::race;
use test_services::eventually;

use crate::{fixture::patient, server::Server};

fn limit(raw: &str) -> RateLimit {
    raw.parse().unwrap()
}

async fn redis(server: &Server) -> Redis {
    Redis::connect(&server.url(), patient(&KeyPrefix::default())).await.unwrap()
}

fn limiter(redis: &Redis, raw: &str) -> RedisRateLimiter {
    let local = LocalRateLimiter::new(Some(limit(raw)), None);
    RedisRateLimiter::new(redis, Some(limit(raw)), None, Arc::new(local))
}

async fn passes(limiter: &dyn RateLimiter) -> bool {
    let client: IpAddr = "192.0.2.1".parse().unwrap();
    limiter.check(LimitedAction::Login, client).await.is_ok()
}

/// A limiter that refuses everybody, or nobody, and counts how often it was asked.
struct Fixed {
    refuses: bool,
    asked: AtomicU64,
}

impl Fixed {
    fn new(refuses: bool) -> Arc<Self> {
        Arc::new(Self { refuses, asked: AtomicU64::new(0) })
    }
}

#[async_trait]
impl RateLimiter for Fixed {
    async fn check(&self, _action: LimitedAction, _client: IpAddr) -> Result<(), RateLimited> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.refuses { Err(RateLimited { retry_after: Duration::from_secs(9) }) } else { Ok(()) }
    }
}

#[tokio::test]
async fn two_processes_share_a_limit() {
    let server = Server::start().await;
    let (one, other) = (redis(&server).await, redis(&server).await);
    let (one, other) = (limiter(&one, "3/hour"), limiter(&other, "3/hour"));
    assert!(passes(&one).await);
    assert!(passes(&other).await);
    assert!(passes(&one).await);
    assert!(!passes(&other).await);
    assert!(!passes(&one).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_attempts_that_race_over_two_processes_exactly_the_limit_passes() {
    let server = Server::start().await;
    let (one, other) = (redis(&server).await, redis(&server).await);
    let limiters = Arc::new([limiter(&one, "25/hour"), limiter(&other, "25/hour")]);
    let passed = race(100, |racer| {
        let limiters = Arc::clone(&limiters);
        async move { passes(&limiters[racer % 2]).await }
    })
    .await;
    assert_eq!(passed.iter().filter(|passed| **passed).count(), 25);
}

#[tokio::test]
async fn what_is_kept_of_a_client_leaves_by_itself() {
    let server = Server::start().await;
    let redis = redis(&server).await;
    let limiter = limiter(&redis, "4/hour");
    let key = "{oms}:limit:login:192.0.2.1";
    for attempts in 1..=4 {
        assert!(passes(&limiter).await);
        let lasts: i64 = server.ask(&["PTTL", key]).await;
        // A quarter of the hour for each attempt.
        let (least, most) = ((attempts - 1) * 900_000, attempts * 900_000);
        assert!(lasts > least && lasts <= most, "{lasts} after {attempts}");
    }
    assert!(!passes(&limiter).await);
}

#[tokio::test]
async fn a_limit_beyond_measure_lets_everybody_pass() {
    let server = Server::start().await;
    let redis = redis(&server).await;
    let limiter = limiter(&redis, "4294967295/second");
    for _ in 0..500 {
        assert!(passes(&limiter).await);
    }
}

#[tokio::test]
async fn while_redis_is_there_the_local_limiter_counts_and_has_no_say() {
    let server = Server::start().await;
    let redis = redis(&server).await;
    let local = Fixed::new(true);
    let as_limiter: Arc<dyn RateLimiter> = Arc::<Fixed>::clone(&local);
    let limiter = RedisRateLimiter::new(&redis, Some(limit("2/hour")), None, as_limiter);
    assert!(passes(&limiter).await);
    assert!(passes(&limiter).await);
    assert!(!passes(&limiter).await);
    assert_eq!(local.asked.load(Ordering::Relaxed), 2, "what Redis refused was no attempt");
}

#[tokio::test]
async fn while_redis_is_away_the_local_limiter_decides() {
    for refuses in [true, false] {
        let mut server = Server::start().await;
        let redis = redis(&server).await;
        let limiter =
            RedisRateLimiter::new(&redis, Some(limit("2/hour")), None, Fixed::new(refuses));
        server.kill();
        for _ in 0..10 {
            assert_eq!(passes(&limiter).await, !refuses);
        }
    }
}

#[tokio::test]
async fn limits_hold_over_an_outage_in_which_redis_lost_its_counts() {
    let mut server = Server::start().await;
    let redis = redis(&server).await;
    let limiter = limiter(&redis, "5/hour");
    for _ in 0..3 {
        assert!(passes(&limiter).await);
    }
    server.kill();
    for _ in 0..2 {
        assert!(passes(&limiter).await, "what was free is still free");
    }
    assert!(!passes(&limiter).await, "and no more");
    server.start_again().await;
    eventually("Redis is back", async || redis.is_up()).await;
    let counts: i64 = server.ask(&["EXISTS", "{oms}:limit:login:192.0.2.1"]).await;
    assert_eq!(counts, 0, "Redis has forgotten");
    assert!(!passes(&limiter).await, "the local limiter has not");
}

#[tokio::test]
async fn a_restart_that_nobody_noticed_loses_no_counts() {
    let mut server = Server::start().await;
    let redis = redis(&server).await;
    let limiter = limiter(&redis, "2/hour");
    assert!(passes(&limiter).await);
    assert!(passes(&limiter).await);
    server.kill();
    server.start_again().await;
    assert!(!passes(&limiter).await);
    eventually("Redis is back", async || redis.is_up()).await;
    assert!(!passes(&limiter).await);
}

#[tokio::test]
async fn what_redis_still_counts_after_an_outage_counts() {
    let server = Server::start().await;
    let mut options = patient(&KeyPrefix::default());
    options.command_timeout = Duration::from_millis(100);
    let redis = Redis::connect(&server.url(), options).await.unwrap();
    let limiter = RedisRateLimiter::new(&redis, Some(limit("2/hour")), None, Fixed::new(false));
    eventually("two attempts were counted", async || !passes(&limiter).await).await;
    server.hang().await;
    eventually("the outage is noticed", async || passes(&limiter).await).await;
    server.resume();
    eventually("Redis is back", async || redis.is_up()).await;
    eventually("and refuses", async || !passes(&limiter).await).await;
}
