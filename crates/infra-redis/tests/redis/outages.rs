//! A Redis that is not there, hangs, or refuses: nothing fails, nothing waits for long, everything heals.

use std::time::Duration;

use domain::product::{ProductCache, TouchedProducts};
use futures::future::join_all;
use infra_redis::{KeyPrefix, RedisOptions};
use test_services::eventually;

use crate::{
    fixture::{Process, listed, patient, quick, without_hanging},
    proxy::Proxy,
    server::Server,
};

/// A process that tries Redis once more when it was away, and then never again.
fn never_again() -> RedisOptions {
    RedisOptions {
        retry_interval: Duration::from_hours(1),
        connect_timeout: Duration::from_secs(1),
        command_timeout: Duration::from_secs(1),
        ..patient(&KeyPrefix::default())
    }
}

#[tokio::test]
async fn without_redis_there_is_nothing_until_it_is_started() {
    let mut server = Server::absent(&[]);
    let process = Process::start(&server.url(), patient(&KeyPrefix::default())).await;
    assert!(!process.redis.is_up());
    let slow = process.begin_to_read(1, 1).await;
    process.read(1, 1).await;
    assert_eq!(process.version(1).await, None);
    process.invalidate(1).await;
    process.cache.invalidate(&TouchedProducts::All).await;

    server.start_again().await;
    process.until_up().await;
    assert_eq!(process.version(1).await, None);
    slow.end().await;
    assert_eq!(process.version(1).await, None, "what was read in the outage is not put");
    process.put(1, 2).await;
}

#[tokio::test]
async fn a_server_that_hangs_holds_nobody_up_and_heals() {
    let server = Server::start().await;
    let process = Process::start(&server.url(), quick()).await;
    process.until_up().await;
    server.hang().await;
    without_hanging(async {
        // Whoever comes first finds out; whoever comes later is not even held up by that.
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
async fn a_change_that_a_hanging_server_was_not_told_of_voids_what_it_has() {
    let server = Server::start().await;
    let one = Process::start(&server.url(), quick()).await;
    let other = Process::start(&server.url(), quick()).await;
    one.until_up().await;
    other.until_up().await;
    one.read(1, 1).await;
    let slow = one.begin_to_read(2, 1).await;
    server.hang().await;
    one.invalidate(1).await;
    one.invalidate(2).await;
    assert_eq!(one.version(1).await, None, "from the moment it is acknowledged");
    server.resume();
    one.until_up().await;
    assert_eq!(one.version(1).await, None, "also when Redis is back");
    slow.end().await;
    assert_eq!(one.version(2).await, None, "nor does a slow reader put it back");
    eventually("the other drops it", async || other.version(1).await.is_none()).await;
}

#[tokio::test]
async fn a_process_that_is_back_before_the_one_that_changed_something_serves_no_old_value() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server).await;
    let changes = Process::start(&proxy.url(), never_again()).await;
    let other = Process::start(&server.url(), quick()).await;
    changes.until_up().await;
    other.until_up().await;
    changes.put(1, 1).await;
    eventually("the other has it", async || other.version(1).await == Some(1)).await;
    // It cannot make good what it could not invalidate until this test is over.
    proxy.lead_nowhere();
    server.hang().await;
    changes.invalidate(1).await;
    // It asks nothing by itself meanwhile.
    other.until_down().await;
    server.resume();
    other.until_up().await;
    assert_eq!(other.version(1).await, None, "from the first moment");
    assert!(!changes.redis.is_up(), "the other one has not told it");
}

#[tokio::test]
async fn changes_that_come_thick_and_fast_do_not_keep_an_outage_going() {
    let mut server = Server::absent(&[]);
    let process = Process::start(&server.url(), patient(&KeyPrefix::default())).await;
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
async fn a_server_that_takes_no_writes_is_not_used_until_it_does() {
    let (server, process) = Process::alone().await;
    process.put(1, 1).await;
    let () = server.ask(&["CONFIG", "SET", "min-replicas-to-write", "1"]).await;
    process.invalidate(1).await;
    assert!(!process.redis.is_up());
    assert_eq!(process.version(1).await, None);
    let () = server.ask(&["CONFIG", "SET", "min-replicas-to-write", "0"]).await;
    process.until_up().await;
    assert_eq!(process.version(1).await, None);
}

#[tokio::test]
async fn a_change_whose_caller_went_away_is_told_all_the_same() {
    let (server, process) = Process::alone().await;
    process.put(1, 1).await;
    server.hang().await;
    let change = tokio::time::timeout(Duration::ZERO, process.cache.invalidate(&listed(1))).await;
    assert!(change.is_err(), "the caller did not wait");
    server.resume();
    eventually("it is forgotten", async || process.version(1).await.is_none()).await;
    process.until_up().await;
    assert_eq!(process.version(1).await, None);
}

#[tokio::test]
async fn who_closes_in_doubt_voids_what_there_is() {
    let server = Server::start().await;
    let process = Process::start(&server.url(), never_again()).await;
    process.until_up().await;
    let key = ["GET", "{oms}:cache:namespace"];
    let before: String = server.ask(&key).await;
    server.hang().await;
    process.invalidate(1).await;
    server.resume();
    assert_eq!(server.ask::<String>(&key).await, before, "it could not be told");
    process.redis.close().await;
    assert_ne!(server.ask::<String>(&key).await, before);
}

#[tokio::test]
async fn who_closes_without_redis_is_not_held_up() {
    let server = Server::start().await;
    let process = Process::start(&server.url(), never_again()).await;
    server.hang().await;
    process.invalidate(1).await;
    without_hanging(process.redis.close()).await;
}

#[tokio::test]
async fn who_closes_leaves_no_connection_behind_and_has_no_cache() {
    let (server, process) = Process::alone().await;
    process.put(1, 1).await;
    process.redis.close().await;
    assert_eq!(process.version(1).await, None);
    process.invalidate(1).await;
    eventually("nobody but this test is connected", async || {
        let clients: String = server.ask(&["CLIENT", "LIST"]).await;
        clients.lines().count() == 1
    })
    .await;
    assert!(!process.redis.is_up());
}

#[tokio::test]
async fn who_drops_everything_leaves_no_connection_behind() {
    let server = Server::start().await;
    drop(Process::on(&server.url()).await);
    eventually("nobody but this test is connected", async || {
        let clients: String = server.ask(&["CLIENT", "LIST"]).await;
        clients.lines().count() == 1
    })
    .await;
}
