//! Redis users with restricted rights.

use std::sync::Arc;

use domain::{
    UserId,
    product::{ProductCache, TouchedProducts},
    rate_limit::{LimitedAction, RateLimitSubject, RateLimiter, RateLimits},
};
use infra_local::LocalRateLimiter;
use infra_redis::{RedisRateLimiter, RedisUrl};
use test_services::eventually;

use crate::{
    fixture::{Process, secrets},
    server::Server,
};

async fn user(server: &Server, rights: &[&str]) -> RedisUrl {
    let mut command = vec!["ACL", "SETUSER", "oms", "on", ">secret", "~{oms}:*"];
    command.extend(rights);
    let () = server.query(&command).await;
    format!("redis://oms:secret@127.0.0.1:{}", server.port()).parse().unwrap()
}

/// The rights that the crate's documentation names, and no more.
const RIGHTS: [&str; 11] = [
    "+evalsha",
    "+script|load",
    "+get",
    "+mget",
    "+set",
    "+mset",
    "+time",
    "+ping",
    "+xadd",
    "+xlen",
    "+xrevrange",
];

#[tokio::test]
async fn the_documented_rights_suffice() {
    let server = Server::start().await;
    let url = user(&server, &RIGHTS).await;
    let (one, other) = (Process::connect(&url).await, Process::connect(&url).await);
    one.put(1, 1).await;
    assert_eq!(other.version(1).await, Some(1));
    one.invalidate(1).await;
    assert_eq!(other.version(1).await, None);
    one.cache.invalidate(&TouchedProducts::All).await;

    let limits = RateLimits { place_order: "2/hour".parse().ok(), ..RateLimits::default() };
    let local = Arc::new(LocalRateLimiter::new(&limits));
    let limiter = RedisRateLimiter::new(&one.redis, &limits, local, secrets());
    let account = RateLimitSubject::Account(UserId::new(7));
    limiter.check(LimitedAction::PlaceOrder, account).await.unwrap();
    let counts =
        async || -> i64 { server.query(&["EXISTS", "{oms}:limit:place_order:account:7"]).await };
    assert_eq!(counts().await, 1);
    limiter.forgive(LimitedAction::PlaceOrder, account).await;
    eventually("the attempt is given back", async || counts().await == 0).await;
    assert!(one.redis.is_up() && other.redis.is_up(), "nothing was refused");
}

#[tokio::test]
async fn a_refused_read_is_no_outage() {
    let (server, process) = Process::with_own_server().await;
    process.put(1, 1).await;
    let _count: i64 = server.query(&["LPUSH", "{oms}:cache:product:2", "another type"]).await;
    for _ in 0..3 {
        assert_eq!(process.version(2).await, None);
        assert!(process.redis.is_up(), "other commands still work");
    }
    assert_eq!(process.version(1).await, Some(1));
}

#[tokio::test]
async fn a_refused_invalidation_invalidates_everything() {
    let server = Server::start().await;
    let process = Process::connect(&user(&server, &RIGHTS).await).await;
    process.put(1, 1).await;
    let () = server.query(&["ACL", "SETUSER", "oms", "-mset"]).await;
    process.put(2, 1).await;
    process.invalidate(1).await;
    // The user may rotate the namespace, after which the breaker closes.
    process.until_up().await;
    assert_eq!(process.version(1).await, None);
    assert_eq!(process.version(2).await, None);
}
