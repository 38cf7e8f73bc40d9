//! A Redis that is down, hangs, or refuses commands: no call fails or waits for long, and the cache
//! recovers.

use std::time::Duration;

use domain::product::{ProductCache, TouchedProducts};
use futures::future::join_all;
use infra_redis::{KeyPrefix, RedisOptions};
use test_services::eventually;

use crate::{
    fixture::{Process, default_options, generous_timeouts, listed, within_deadline},
    proxy::Proxy,
    server::Server,
};

/// The options of a process that tries to reconnect once after a failure, and not again within a
/// test.
fn without_retries() -> RedisOptions {
    RedisOptions {
        retry_interval: Duration::from_hours(1),
        connect_timeout: Duration::from_secs(1),
        command_timeout: Duration::from_secs(1),
        ..generous_timeouts(&KeyPrefix::default())
    }
}

#[tokio::test]
async fn without_redis_nothing_is_cached_until_it_starts() {
    let mut server = Server::absent(&[]);
    let process =
        Process::without_near_cache(&server.url(), generous_timeouts(&KeyPrefix::default())).await;
    assert!(!process.redis.is_up());
    let slow = process.start_slow_read(1, 1).await;
    process.read(1, 1).await;
    assert_eq!(process.version(1).await, None);
    process.invalidate(1).await;
    process.cache.invalidate(&TouchedProducts::All).await;

    server.start_again().await;
    process.until_up().await;
    assert_eq!(process.version(1).await, None);
    slow.finish().await;
    assert_eq!(process.version(1).await, None, "a read of the outage is not stored");
    process.put(1, 2).await;
}

#[tokio::test]
async fn a_hanging_server_delays_no_request_for_long() {
    let server = Server::start().await;
    let process = Process::without_near_cache(&server.url(), default_options()).await;
    process.until_up().await;
    server.hang().await;
    within_deadline(async {
        // The first requests time out and open the breaker; later ones do not wait.
        let changes = (0..50).map(|id| process.invalidate(id));
        let reads = (50..1_000).map(|id| process.version(id));
        let (_, versions) = tokio::join!(join_all(changes), join_all(reads));
        assert_eq!(versions, vec![None; 950]);
        assert!(!process.redis.is_up());
    })
    .await;
    server.resume();
    process.until_up().await;
}

#[tokio::test]
async fn an_invalidation_that_a_hanging_server_did_not_confirm_takes_effect() {
    let server = Server::start().await;
    let one = Process::without_near_cache(&server.url(), default_options()).await;
    let other = Process::without_near_cache(&server.url(), default_options()).await;
    one.until_up().await;
    other.until_up().await;
    one.read(1, 1).await;
    let slow = one.start_slow_read(2, 1).await;
    server.hang().await;
    one.invalidate(1).await;
    one.invalidate(2).await;
    assert_eq!(one.version(1).await, None, "as soon as it is acknowledged");
    server.resume();
    one.until_up().await;
    assert_eq!(one.version(1).await, None, "also when Redis is back");
    slow.finish().await;
    assert_eq!(one.version(2).await, None, "a slow reader does not store it again");
    eventually("the other drops it", async || other.version(1).await.is_none()).await;
}

#[tokio::test]
async fn a_process_that_reconnects_before_the_one_that_made_a_change_serves_no_stale_value() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server).await;
    let changing = Process::without_near_cache(&proxy.url(), without_retries()).await;
    let other = Process::without_near_cache(&server.url(), default_options()).await;
    changing.until_up().await;
    other.until_up().await;
    changing.put(1, 1).await;
    eventually("the other has it", async || other.version(1).await == Some(1)).await;
    // The process cannot reconnect, and so cannot invalidate, until this test is over.
    proxy.cut();
    server.hang().await;
    changing.invalidate(1).await;
    // The other process only sends pings during that time.
    other.until_down().await;
    server.resume();
    other.until_up().await;
    assert_eq!(other.version(1).await, None, "from its first read on");
    assert!(!changing.redis.is_up(), "the change was not invalidated by its own process");
}

#[tokio::test]
async fn frequent_changes_do_not_prolong_an_outage() {
    let mut server = Server::absent(&[]);
    let process =
        Process::without_near_cache(&server.url(), generous_timeouts(&KeyPrefix::default())).await;
    let back = async {
        server.start_again().await;
        process.until_up().await;
    };
    let changes = async {
        loop {
            process.invalidate(1).await;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = back => {}
        () = changes => {}
    }
}

#[tokio::test]
async fn a_read_only_server_is_not_used_until_it_accepts_writes() {
    let (server, process) = Process::with_own_server().await;
    process.put(1, 1).await;
    let () = server.query(&["CONFIG", "SET", "min-replicas-to-write", "1"]).await;
    process.invalidate(1).await;
    assert!(!process.redis.is_up());
    assert_eq!(process.version(1).await, None);
    let () = server.query(&["CONFIG", "SET", "min-replicas-to-write", "0"]).await;
    process.until_up().await;
    assert_eq!(process.version(1).await, None);
}

#[tokio::test]
async fn an_invalidation_takes_effect_although_its_caller_was_cancelled() {
    let (server, process) = Process::with_own_server().await;
    process.put(1, 1).await;
    server.hang().await;
    let change = tokio::time::timeout(Duration::ZERO, process.cache.invalidate(&listed(1))).await;
    assert!(change.is_err(), "the caller did not wait");
    server.resume();
    eventually("it is invalidated", async || process.version(1).await.is_none()).await;
    process.until_up().await;
    assert_eq!(process.version(1).await, None);
}

#[tokio::test]
async fn closing_after_an_unconfirmed_invalidation_rotates_the_namespace() {
    let server = Server::start().await;
    let process = Process::without_near_cache(&server.url(), without_retries()).await;
    process.until_up().await;
    let key = ["GET", "{oms}:cache:namespace"];
    let before: String = server.query(&key).await;
    server.hang().await;
    process.invalidate(1).await;
    server.resume();
    assert_eq!(server.query::<String>(&key).await, before, "the invalidation did not reach it");
    process.redis.close().await;
    assert_ne!(server.query::<String>(&key).await, before);
}

#[tokio::test]
async fn closing_without_redis_does_not_hang() {
    let server = Server::start().await;
    let process = Process::without_near_cache(&server.url(), without_retries()).await;
    server.hang().await;
    process.invalidate(1).await;
    within_deadline(process.redis.close()).await;
}

#[tokio::test]
async fn closing_ends_the_connection_and_the_cache() {
    let (server, process) = Process::with_own_server().await;
    process.put(1, 1).await;
    process.redis.close().await;
    assert_eq!(process.version(1).await, None);
    process.invalidate(1).await;
    eventually("only this test is connected", async || {
        let clients: String = server.query(&["CLIENT", "LIST"]).await;
        clients.lines().count() == 1
    })
    .await;
    assert!(!process.redis.is_up());
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_connection() {
    let server = Server::start().await;
    drop(Process::connect(&server.url()).await);
    eventually("only this test is connected", async || {
        let clients: String = server.query(&["CLIENT", "LIST"]).await;
        clients.lines().count() == 1
    })
    .await;
}
