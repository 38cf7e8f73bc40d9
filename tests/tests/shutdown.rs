//! A graceful end: what is in flight is finished, nothing new begins.

use std::{sync::Arc, time::Instant};

use crate::harness::{
    Connection, ORDER, Server, ids_of, no_longer_listens, order_in_flight, server_of_ann,
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
        no_longer_listens(&server).await;
        waiting.send(ORDER).await;
        let answer = waiting.read_to("\"PENDING\"").await;
        assert!(answer.contains("HTTP/1.1 201 Created"), "{answer}");
        other.send(ORDER).await;
        other.read_to("\"PENDING\"").await;
        assert_eq!(server.ended().await.code(), Some(0), "{signal}");

        let server = Server::configure().on(&store).start();
        let orders = ann.at(server.base()).get("/orders").await;
        assert_eq!(ids_of(orders.ok()).len(), 2);
    }
}

#[tokio::test]
async fn an_idle_server_ends_at_once_even_if_connections_are_kept_open() {
    let (server, ann) = server_of_ann().await;
    ann.get("/orders").await.ok();
    let mut idle = Connection::open(&server).await.expect("a connection");
    idle.send("GET /health HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    idle.read_to("\"ok\"").await;
    let _silent = Connection::open(&server).await.expect("a connection");
    let started = Instant::now();
    server.signal("TERM");
    assert_eq!(server.ended().await.code(), Some(0));
    let took = started.elapsed();
    assert!(took.as_secs() < 10, "it waited {took:?} for nobody");
}

#[tokio::test]
async fn a_second_signal_does_not_wait() {
    let (server, ann) = server_of_ann().await;
    let _never_finished = order_in_flight(&server, &ann).await;
    server.signal("TERM");
    no_longer_listens(&server).await;
    let started = Instant::now();
    server.signal("TERM");
    server.ended().await;
    let took = started.elapsed();
    assert!(took.as_secs() < 10, "it waited {took:?}");
}

#[tokio::test]
async fn a_request_that_never_ends_is_waited_for_no_longer_than_configured() {
    let server = Server::configure().var("SHUTDOWN_TIMEOUT_SECONDS", 1).start();
    let ann = server.customer("ann").await;
    let _never_finished = order_in_flight(&server, &ann).await;
    let started = Instant::now();
    server.signal("TERM");
    assert_eq!(server.ended().await.code(), Some(0));
    let took = started.elapsed();
    assert!(took.as_secs() < 10, "it waited {took:?}");
}
