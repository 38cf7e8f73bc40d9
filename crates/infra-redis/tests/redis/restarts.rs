//! A Redis that restarts with data from before the last changes, or that another server replaces.

use test_services::eventually;

use crate::{fixture::Process, proxy::Proxy, server::Server};

/// Stores version 1 of the products 1 and 2, saves Redis's data to disk, and invalidates both.
async fn save_and_invalidate(server: &Server, process: &Process) {
    process.put(1, 1).await;
    process.put(2, 1).await;
    let () = server.query(&["SAVE"]).await;
    process.invalidate(1).await;
    process.invalidate(2).await;
}

/// Asserts that the old entries are restored. Product 2 is the one that no test reads before.
async fn assert_restored(server: &Server) {
    let raw: Option<String> = server.query(&["GET", "{oms}:cache:product:2"]).await;
    assert!(raw.is_some_and(|raw| raw.contains("\"version\":1,")), "the old entry is there");
}

#[tokio::test]
async fn a_running_process_does_not_serve_entries_that_a_restart_restored() {
    let (mut server, process) = Process::with_own_server().await;
    save_and_invalidate(&server, &process).await;
    process.put(1, 2).await;
    server.kill();
    server.start_again().await;
    eventually("the process has reconnected", async || {
        // Until it has reconnected, the process never serves the old entry.
        assert_ne!(process.version(1).await, Some(1));
        process.redis.is_up()
    })
    .await;
    assert_restored(&server).await;
    assert_eq!(process.version(1).await, None);
    assert_eq!(process.version(2).await, None);
}

#[tokio::test]
async fn a_restart_between_two_requests_is_detected_before_anything_is_read() {
    let (mut server, process) = Process::with_own_server().await;
    save_and_invalidate(&server, &process).await;
    // The test sends no request between the stop and the restart: the next request detects that the
    // connection is dead.
    server.kill();
    server.launch();
    eventually("the process has reconnected", async || {
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
async fn a_new_process_does_not_serve_restored_entries() {
    let mut server = Server::start().await;
    let before = Process::connect(&server.url()).await;
    save_and_invalidate(&server, &before).await;
    before.redis.close().await;
    drop(before);
    server.kill();
    server.start_again().await;
    let after = Process::connect(&server.url()).await;
    assert_restored(&server).await;
    assert_eq!(after.version(1).await, None);
    assert_eq!(after.version(2).await, None);
}

#[tokio::test]
async fn a_slow_reader_from_before_a_restart_stores_nothing() {
    let (mut server, process) = Process::with_own_server().await;
    let slow = process.start_slow_read(1, 1).await;
    let () = server.query(&["SAVE"]).await;
    process.invalidate(1).await;
    server.kill();
    server.start_again().await;
    process.until_up().await;
    slow.finish().await;
    assert_eq!(process.version(1).await, None);
}

#[tokio::test]
async fn a_change_during_an_outage_invalidates_restored_entries() {
    let mut server = Server::start().await;
    let (one, other) =
        (Process::connect(&server.url()).await, Process::connect(&server.url()).await);
    for id in 1..=2 {
        one.put(id, 1).await;
        assert_eq!(other.version(id).await, Some(1));
    }
    let () = server.query(&["SAVE"]).await;
    server.kill();
    for id in 1..=2 {
        one.invalidate(id).await;
        assert_eq!(one.version(id).await, None, "as soon as it is acknowledged");
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
async fn after_a_restart_without_data_the_cache_is_empty() {
    let (mut server, process) = Process::with_own_server().await;
    process.put(1, 1).await;
    server.kill();
    process.invalidate(1).await;
    server.start_again().await;
    process.until_up().await;
    process.put(1, 2).await;
}

#[tokio::test]
async fn entries_of_a_server_that_replaces_another_are_not_served() {
    let (before, after) = (Server::start().await, Server::start().await);
    let on_new_server = Process::connect(&after.url()).await;
    on_new_server.put(1, 1).await;
    let proxy = Proxy::before(&before).await;
    let process = Process::connect(&proxy.url()).await;
    process.put(1, 2).await;
    switch(&proxy, &before, &after, &process).await;
    let raw: Option<String> = after.query(&["GET", "{oms}:cache:product:1"]).await;
    assert!(raw.is_some_and(|raw| raw.contains("\"version\":1,")), "the old entry is there");
    assert_eq!(process.version(1).await, None);
}

#[tokio::test]
async fn a_process_that_returns_to_its_first_server_does_not_serve_its_entries() {
    let (before, after) = (Server::start().await, Server::start().await);
    let proxy = Proxy::before(&before).await;
    let process = Process::connect(&proxy.url()).await;
    process.put(1, 1).await;
    switch(&proxy, &before, &after, &process).await;
    process.invalidate(1).await;
    switch(&proxy, &after, &before, &process).await;
    let raw: Option<String> = before.query(&["GET", "{oms}:cache:product:1"]).await;
    assert!(raw.is_some_and(|raw| raw.contains("\"version\":1,")), "the old entry is still there");
    assert_eq!(process.version(1).await, None);
}

/// Switches a process from one server to another, and waits until it uses the new one.
async fn switch(proxy: &Proxy, from: &Server, to: &Server, process: &Process) {
    proxy.switch_to(to);
    let _killed: i64 = from.query(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
    let namespace = async || to.query::<Option<String>>(&["GET", "{oms}:cache:namespace"]).await;
    let before = namespace().await;
    eventually("the process uses the new server", async || {
        process.version(99).await;
        namespace().await != before && process.redis.is_up()
    })
    .await;
}
