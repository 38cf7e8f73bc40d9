//! A Redis that comes back with what it had saved before the last changes, or another one in its place.
use test_services::eventually;

use crate::{fixture::Process, proxy::Proxy, server::Server};

/// Puts version 1 of the products 1 and 2, saves what Redis has, and changes both.
async fn save_and_change(server: &Server, process: &Process) {
    process.put(1, 1).await;
    process.put(2, 1).await;
    let () = server.ask(&["SAVE"]).await;
    process.invalidate(1).await;
    process.invalidate(2).await;
}

/// Asserts that the old values have come back. Product 2 is the one that no test looks up before.
async fn assert_restored(server: &Server) {
    let raw: Option<String> = server.ask(&["GET", "{oms}:cache:product:2"]).await;
    assert!(raw.is_some_and(|raw| raw.contains("\"version\":1,")), "the old value is there");
}

#[tokio::test]
async fn a_process_that_lived_through_a_restart_does_not_serve_what_was_restored() {
    let (mut server, process) = Process::alone().await;
    save_and_change(&server, &process).await;
    process.put(1, 2).await;
    server.kill();
    server.start_again().await;
    eventually("the process has met it", async || {
        // Whatever it serves meanwhile, it is not the old one.
        assert_ne!(process.version(1).await, Some(1));
        process.redis.is_up()
    })
    .await;
    assert_restored(&server).await;
    assert_eq!(process.version(1).await, None);
    assert_eq!(process.version(2).await, None);
}

#[tokio::test]
async fn a_restart_that_nobody_noticed_is_found_out_before_anything_is_read() {
    let (mut server, process) = Process::alone().await;
    save_and_change(&server, &process).await;
    // Nobody asks anything between the two: the connections in the pool are found dead when they are used.
    server.kill();
    server.launch();
    eventually("the process has met it", async || {
        assert_eq!(process.version(1).await, None);
        process.redis.is_up()
    })
    .await;
    assert_restored(&server).await;
    assert_eq!(process.version(2).await, None);
    process.invalidate(1).await;
    process.put(1, 3).await;
}

#[tokio::test]
async fn a_new_process_does_not_serve_what_was_restored() {
    let mut server = Server::start().await;
    let before = Process::on(&server.url()).await;
    save_and_change(&server, &before).await;
    before.redis.close().await;
    drop(before);
    server.kill();
    server.start_again().await;
    let after = Process::on(&server.url()).await;
    assert_restored(&server).await;
    assert_eq!(after.version(1).await, None);
    assert_eq!(after.version(2).await, None);
}

#[tokio::test]
async fn a_slow_reader_from_before_a_restart_puts_nothing() {
    let (mut server, process) = Process::alone().await;
    let slow = process.begin_to_read(1, 1).await;
    let () = server.ask(&["SAVE"]).await;
    process.invalidate(1).await;
    server.kill();
    server.start_again().await;
    process.until_up().await;
    slow.end().await;
    assert_eq!(process.version(1).await, None);
}

#[tokio::test]
async fn a_change_during_an_outage_voids_what_comes_back() {
    let mut server = Server::start().await;
    let (one, other) = (Process::on(&server.url()).await, Process::on(&server.url()).await);
    for id in 1..=2 {
        one.put(id, 1).await;
        assert_eq!(other.version(id).await, Some(1));
    }
    let () = server.ask(&["SAVE"]).await;
    server.kill();
    for id in 1..=2 {
        one.invalidate(id).await;
        assert_eq!(one.version(id).await, None, "from the moment it is acknowledged");
    }
    server.start_again().await;
    one.until_up().await;
    other.until_up().await;
    assert_restored(&server).await;
    for process in [&one, &other] {
        assert_eq!(process.version(1).await, None);
        assert_eq!(process.version(2).await, None);
    }
}

#[tokio::test]
async fn a_restart_without_data_is_an_empty_cache() {
    let (mut server, process) = Process::alone().await;
    process.put(1, 1).await;
    server.kill();
    process.invalidate(1).await;
    server.start_again().await;
    process.until_up().await;
    process.put(1, 2).await;
}

#[tokio::test]
async fn another_server_in_the_same_place_is_not_read_as_it_was() {
    let (before, after) = (Server::start().await, Server::start().await);
    let elsewhere = Process::on(&after.url()).await;
    elsewhere.put(1, 1).await;
    let proxy = Proxy::before(&before).await;
    let process = Process::on(&proxy.url()).await;
    process.put(1, 2).await;
    lead_to(&proxy, &before, &after, &process).await;
    let raw: Option<String> = after.ask(&["GET", "{oms}:cache:product:1"]).await;
    assert!(raw.is_some_and(|raw| raw.contains("\"version\":1,")), "the old value is there");
    assert_eq!(process.version(1).await, None);
}

#[tokio::test]
async fn a_process_that_comes_back_to_the_server_before_does_not_serve_what_that_still_has() {
    let (before, after) = (Server::start().await, Server::start().await);
    let proxy = Proxy::before(&before).await;
    let process = Process::on(&proxy.url()).await;
    process.put(1, 1).await;
    lead_to(&proxy, &before, &after, &process).await;
    process.invalidate(1).await;
    lead_to(&proxy, &after, &before, &process).await;
    let raw: Option<String> = before.ask(&["GET", "{oms}:cache:product:1"]).await;
    assert!(raw.is_some_and(|raw| raw.contains("\"version\":1,")), "the old value is still there");
    assert_eq!(process.version(1).await, None);
}

/// Leads a process from one server to another, and waits until it uses that one.
async fn lead_to(proxy: &Proxy, from: &Server, to: &Server, process: &Process) {
    proxy.lead_to(to);
    let _killed: i64 = from.ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
    let namespace = async || to.ask::<Option<String>>(&["GET", "{oms}:cache:namespace"]).await;
    let before = namespace().await;
    eventually("the process is there", async || {
        process.version(99).await;
        namespace().await != before && process.redis.is_up()
    })
    .await;
}
