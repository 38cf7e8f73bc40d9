//! Graceful shutdown: requests in flight are finished, new connections are refused.

use std::{sync::Arc, time::Instant};

use crate::harness::{
    Connection, ORDER_BODY, Server, ids_of, order_in_flight, server_with_customer,
    wait_until_not_listening,
};

#[tokio::test]
async fn requests_in_flight_are_finished_and_the_exit_code_is_0() {
    for signal in ["TERM", "INT"] {
        let server = Server::start();
        let store = Arc::clone(server.store());
        let ann = server.customer("ann").await;
        let mut waiting = order_in_flight(&server, &ann).await;
        let mut other = order_in_flight(&server, &ann).await;
        server.signal(signal);
        wait_until_not_listening(&server).await;
        waiting.send(ORDER_BODY).await;
        let response = waiting.read_to("\"PENDING\"").await;
        assert!(response.contains("HTTP/1.1 201 Created"), "{response}");
        other.send(ORDER_BODY).await;
        other.read_to("\"PENDING\"").await;
        assert_eq!(server.wait_for_exit().await.code(), Some(0), "{signal}");

        let server = Server::configure().on_store(&store).start();
        let orders = ann.with_base_url(server.base_url()).get("/orders").await;
        assert_eq!(ids_of(orders.assert_ok()).len(), 2);
    }
}

#[tokio::test]
async fn an_idle_server_exits_at_once_despite_keep_alive_connections() {
    let (server, ann) = server_with_customer().await;
    ann.get("/orders").await.assert_ok();
    let mut idle = Connection::open(&server).await.expect("a connection");
    idle.send("GET /health HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    idle.read_to("\"ok\"").await;
    let _silent = Connection::open(&server).await.expect("a connection");
    let started = Instant::now();
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
    let took = started.elapsed();
    assert!(took.as_secs() < 10, "shutdown took {took:?}");
}

#[tokio::test]
async fn a_second_signal_ends_the_wait_for_requests() {
    let (server, ann) = server_with_customer().await;
    let _never_finished = order_in_flight(&server, &ann).await;
    server.signal("TERM");
    wait_until_not_listening(&server).await;
    let started = Instant::now();
    server.signal("TERM");
    server.wait_for_exit().await;
    let took = started.elapsed();
    assert!(took.as_secs() < 10, "shutdown took {took:?}");
}

#[tokio::test]
async fn the_shutdown_timeout_ends_the_wait_for_requests() {
    let server = Server::configure().var("SHUTDOWN_TIMEOUT_SECONDS", 1).start();
    let ann = server.customer("ann").await;
    let _never_finished = order_in_flight(&server, &ann).await;
    let started = Instant::now();
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
    let took = started.elapsed();
    assert!(took.as_secs() < 10, "shutdown took {took:?}");
}
