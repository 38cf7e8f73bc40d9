//! Rate limits: shared by all processes, and kept during and after an outage by the local limiter.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    UserId,
    account::port::HashPurpose,
    rate_limit::{
        LimitedAction, RateLimitSubject, RateLimited, RateLimiter, RateLimits, SubjectHash,
    },
};
use infra_local::LocalRateLimiter;
use infra_redis::{KeyPrefix, Redis, RedisRateLimiter};
use port_contracts::race;
use test_services::eventually;

use crate::{
    fixture::{generous_timeouts, secrets},
    server::Server,
};

/// This limit of logins, and no others.
fn limit(login: &str) -> RateLimits {
    RateLimits { login: Some(login.parse().unwrap()), ..RateLimits::default() }
}

fn client() -> RateLimitSubject {
    RateLimitSubject::Client("192.0.2.1".parse().unwrap())
}

/// The key of [`client`]'s logins.
fn client_key() -> String {
    let hash = secrets().keyed_hash(HashPurpose::Client, &[192, 0, 2, 1]);
    format!("{{oms}}:limit:login:client:{}", SubjectHash::from_bytes(hash))
}

async fn redis(server: &Server) -> Redis {
    Redis::connect(&server.url(), generous_timeouts(&KeyPrefix::default())).await.unwrap()
}

fn limiter(redis: &Redis, raw: &str) -> RedisRateLimiter {
    let local = Arc::new(LocalRateLimiter::new(&limit(raw)));
    RedisRateLimiter::new(redis, &limit(raw), local, secrets())
}

async fn passes(limiter: &dyn RateLimiter) -> bool {
    limiter.check(LimitedAction::Login, client()).await.is_ok()
}

/// A limiter that refuses all attempts, or none, and counts its calls.
struct StubLimiter {
    refuses: bool,
    calls: AtomicU64,
}

impl StubLimiter {
    fn new(refuses: bool) -> Arc<Self> {
        Arc::new(Self { refuses, calls: AtomicU64::new(0) })
    }
}

#[async_trait]
impl RateLimiter for StubLimiter {
    fn is_limited(&self, _action: LimitedAction) -> bool {
        true
    }

    async fn check(
        &self,
        _action: LimitedAction,
        _subject: RateLimitSubject,
    ) -> Result<(), RateLimited> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if self.refuses { Err(RateLimited { retry_after: Duration::from_secs(9) }) } else { Ok(()) }
    }

    async fn forgive(&self, _action: LimitedAction, _subject: RateLimitSubject) {}
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
async fn of_racing_attempts_in_two_processes_exactly_the_limit_passes() {
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
async fn a_clients_key_expires_when_all_attempts_are_available_again() {
    let server = Server::start().await;
    let redis = redis(&server).await;
    let limiter = limiter(&redis, "4/hour");
    let key = &client_key();
    for attempts in 1..=4 {
        assert!(passes(&limiter).await);
        let lasts: i64 = server.query(&["PTTL", key]).await;
        // A quarter of the hour for each attempt.
        let (least, most) = ((attempts - 1) * 900_000, attempts * 900_000);
        assert!(lasts > least && lasts <= most, "{lasts} after {attempts}");
    }
    assert!(!passes(&limiter).await);
}

#[tokio::test]
async fn a_huge_limit_lets_all_attempts_pass() {
    let server = Server::start().await;
    let redis = redis(&server).await;
    let limiter = limiter(&redis, "4294967295/second");
    for _ in 0..500 {
        assert!(passes(&limiter).await);
    }
}

#[tokio::test]
async fn while_redis_is_up_the_local_limiter_counts_and_does_not_decide() {
    let server = Server::start().await;
    let redis = redis(&server).await;
    let local = StubLimiter::new(true);
    let stub: Arc<dyn RateLimiter> = Arc::<StubLimiter>::clone(&local);
    let limiter = RedisRateLimiter::new(&redis, &limit("2/hour"), stub, secrets());
    assert!(passes(&limiter).await);
    assert!(passes(&limiter).await);
    assert!(!passes(&limiter).await);
    assert_eq!(
        local.calls.load(Ordering::Relaxed),
        2,
        "attempts that Redis refused are not counted locally"
    );
}

#[tokio::test]
async fn while_redis_is_down_the_local_limiter_decides() {
    for refuses in [true, false] {
        let mut server = Server::start().await;
        let redis = redis(&server).await;
        let limiter =
            RedisRateLimiter::new(&redis, &limit("2/hour"), StubLimiter::new(refuses), secrets());
        server.kill();
        for _ in 0..10 {
            assert_eq!(passes(&limiter).await, !refuses);
        }
    }
}

#[tokio::test]
async fn limits_hold_after_an_outage_in_which_redis_lost_its_counts() {
    let mut server = Server::start().await;
    let redis = redis(&server).await;
    let limiter = limiter(&redis, "5/hour");
    for _ in 0..3 {
        assert!(passes(&limiter).await);
    }
    server.kill();
    for _ in 0..2 {
        assert!(passes(&limiter).await, "the remaining attempts are available");
    }
    assert!(!passes(&limiter).await, "and no more");
    server.start_again().await;
    eventually("Redis is back", async || redis.is_up()).await;
    let counts: i64 = server.query(&["EXISTS", &client_key()]).await;
    assert_eq!(counts, 0, "Redis has lost the count");
    assert!(!passes(&limiter).await, "the local limiter has kept it");
}

#[tokio::test]
async fn a_restart_between_two_attempts_loses_no_counts() {
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
async fn counts_that_redis_kept_through_an_outage_still_apply() {
    let server = Server::start().await;
    let mut options = generous_timeouts(&KeyPrefix::default());
    options.command_timeout = Duration::from_millis(100);
    let redis = Redis::connect(&server.url(), options).await.unwrap();
    let limiter =
        RedisRateLimiter::new(&redis, &limit("2/hour"), StubLimiter::new(false), secrets());
    eventually("two attempts were counted", async || !passes(&limiter).await).await;
    server.hang().await;
    eventually("the outage is noticed", async || passes(&limiter).await).await;
    server.resume();
    eventually("Redis is back", async || redis.is_up()).await;
    eventually("Redis refuses", async || !passes(&limiter).await).await;
}

#[tokio::test]
async fn a_forgiven_attempt_shortens_the_life_of_its_key_and_the_last_one_ends_it() {
    let server = Server::start().await;
    let redis = redis(&server).await;
    let limiter = limiter(&redis, "4/hour");
    let key = &client_key();
    for _ in 0..2 {
        assert!(passes(&limiter).await);
    }
    limiter.forgive(LimitedAction::Login, client()).await;
    let lasts: i64 = server.query(&["PTTL", key]).await;
    assert!(lasts > 0 && lasts <= 900_000, "a quarter of the hour for the other: {lasts}");
    limiter.forgive(LimitedAction::Login, client()).await;
    eventually("the key expires", async || {
        let exists: i64 = server.query(&["EXISTS", key]).await;
        exists == 0
    })
    .await;
    limiter.forgive(LimitedAction::Login, client()).await;
    let exists: i64 = server.query(&["EXISTS", key]).await;
    assert_eq!(exists, 0, "forgiving makes no key");
}

#[tokio::test]
async fn attempts_are_forgiven_during_and_after_an_outage() {
    let mut server = Server::start().await;
    let redis = redis(&server).await;
    let limiter = limiter(&redis, "2/hour");
    assert!(passes(&limiter).await && passes(&limiter).await);
    server.kill();
    limiter.forgive(LimitedAction::Login, client()).await;
    assert!(passes(&limiter).await, "one was given back");
    assert!(!passes(&limiter).await);
    server.start_again().await;
    eventually("Redis is back", async || redis.is_up()).await;
    // Redis has lost its counts, so the local limiter refuses; Redis must not count that.
    for _ in 0..5 {
        assert!(!passes(&limiter).await);
    }
    let key = &client_key();
    eventually("Redis counts nothing", async || {
        let exists: i64 = server.query(&["EXISTS", key]).await;
        exists == 0
    })
    .await;
    limiter.forgive(LimitedAction::Login, client()).await;
    assert!(passes(&limiter).await);
    assert!(!passes(&limiter).await);
}

#[tokio::test]
async fn no_key_holds_an_ip_address_or_an_email_address() {
    let server = Server::start().await;
    let redis = redis(&server).await;
    let limits = RateLimits {
        login: Some("9/hour".parse().unwrap()),
        account_login: Some("9/hour".parse().unwrap()),
        account_mail: Some("9/hour".parse().unwrap()),
        place_order: Some("9/hour".parse().unwrap()),
        ..RateLimits::default()
    };
    let limiter =
        RedisRateLimiter::new(&redis, &limits, Arc::new(LocalRateLimiter::new(&limits)), secrets());
    let hash = SubjectHash::from_bytes([0xab; 32]);
    for (action, subject) in [
        (LimitedAction::Login, client()),
        (LimitedAction::AccountLogin, RateLimitSubject::Login(hash)),
        (LimitedAction::AccountMail, RateLimitSubject::Mailbox(hash)),
        (LimitedAction::PlaceOrder, RateLimitSubject::Account(UserId::new(7))),
    ] {
        limiter.check(action, subject).await.unwrap();
    }
    let mut keys: Vec<String> = server.query(&["KEYS", "{oms}:limit:*"]).await;
    keys.sort();
    let hash = "ab".repeat(32);
    let expected = [
        format!("{{oms}}:limit:account_login:login:{hash}"),
        format!("{{oms}}:limit:account_mail:mailbox:{hash}"),
        client_key(),
        "{oms}:limit:place_order:account:7".to_owned(),
    ];
    assert_eq!(keys, expected);
}
