//! Each stage of a request has a limit: its head, a body that is left unread, its response.

use crate::{
    connections::{closed, others_open},
    harness::{Connection, Server, eventually},
};

/// A request without a token, whose chunked body ends with the last chunk, `0`.
fn chunked(start: &str, chunks: &str) -> String {
    format!(
        "{start} HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n{chunks}"
    )
}

#[tokio::test]
async fn a_connection_with_an_unread_body_is_closed_after_the_response() {
    let server = Server::start();
    let sized = "GET /api/v1/users/me HTTP/1.1\r\nHost: shop\r\nContent-Length: 9\r\n\r\nhello";
    let mut connections = Vec::new();
    for (request, status) in [
        (chunked("GET /api/v1/products", "5\r\nhello\r\n"), "200 OK"),
        (chunked("GET /api/v1/users/me", "5\r\nhello\r\n"), "401 Unauthorized"),
        (chunked("GET /orders", "5\r\nhello\r\n"), "401 Unauthorized"),
        (chunked("GET /nowhere", "5\r\nhello\r\n"), "404 Not Found"),
        (sized.to_owned(), "401 Unauthorized"),
    ] {
        let mut connection = Connection::open(&server).await.expect("a connection");
        connection.send(&request).await;
        let head = connection.read_to("\r\n\r\n").await;
        assert!(head.contains(status), "{request:?}: {head}");
        assert!(head.to_ascii_lowercase().contains("\r\nconnection: close\r\n"), "{head}");
        connections.push(connection);
    }
    let client = server.anonymous();
    eventually("all are closed", async || others_open(&client).await == 0.0).await;
    assert_eq!(closed(&client, "unread_body").await, 4.0);
    for mut connection in connections {
        connection.read_to_end().await;
    }
}

#[tokio::test]
async fn an_unread_body_that_arrives_ends_the_connection_without_waiting() {
    let server = Server::start();
    let mut connection = Connection::open(&server).await.expect("a connection");
    connection.send(chunked("GET /orders", "5\r\nhello\r\n")).await;
    connection.read_to("not_authenticated").await;
    connection.send("0\r\n\r\n").await;
    connection.read_to_end().await;
    assert_eq!(closed(&server.anonymous(), "unread_body").await, 0.0);
}

#[tokio::test]
async fn after_a_chunked_body_that_was_read_the_connection_is_used_again() {
    let server = Server::start();
    let mut connection = Connection::open(&server).await.expect("a connection");
    let login = chunked("POST /auth/login", "2\r\n{}\r\n0\r\n\r\n");
    for _ in 0..3 {
        connection.send(&login).await;
        let response = connection.read_to("invalid_input").await;
        assert!(!response.to_ascii_lowercase().contains("connection: close"), "{response}");
    }
}

#[tokio::test]
async fn the_head_of_every_request_has_to_arrive_in_time() {
    let server = Server::configure().var("REQUEST_HEAD_TIMEOUT_SECONDS", 1).start();
    let mut first = Connection::open(&server).await.expect("a connection");
    first.send("GET /hea").await;
    let mut second = Connection::open(&server).await.expect("a connection");
    second.send("GET /health HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    second.read_to("\"ok\"").await;
    second.send("GET /health HTTP/1.1\r\nHost: sh").await;
    let mut idle = Connection::open(&server).await.expect("a connection");
    idle.send("GET /health HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    idle.read_to("\"ok\"").await;

    first.read_to("HTTP/1.1 408 Request Timeout\r\n").await;
    first.read_to_end().await;
    second.read_to_end().await;
    let client = server.anonymous();
    eventually("both are counted", async || closed(&client, "head_timeout").await == 2.0).await;
    // A connection that waits for its next request is not slow.
    idle.send("GET /health HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    idle.read_to("\"ok\"").await;
}

#[tokio::test]
async fn a_client_that_takes_no_response_is_disconnected() {
    let server = Server::configure().var("RESPONSE_SEND_TIMEOUT_SECONDS", 1).start();
    let mut connection = Connection::open(&server).await.expect("a connection");
    let requests = "GET /openapi.json HTTP/1.1\r\nHost: shop\r\n\r\n".repeat(100);
    connection.send_until_closed(requests.as_bytes()).await;
    let client = server.anonymous();
    assert_eq!(closed(&client, "response_timeout").await, 1.0);
    eventually("it is closed", async || others_open(&client).await == 0.0).await;
}

#[tokio::test]
async fn the_operators_listener_has_the_same_limits() {
    let server =
        Server::configure().var("METRICS_PORT", 0).var("REQUEST_HEAD_TIMEOUT_SECONDS", 1).start();
    let port = crate::harness::operator_port(|| server.printed()).await;
    let mut connection = Connection::open_at(port.trim_start_matches("http://")).await.unwrap();
    connection.send("GET /livez HTTP/1.1\r\nHost: shop\r\n\r\nGET /li").await;
    connection.read_to("\r\n\r\n").await;
    connection.send("vez").await;
    connection.read_to_end().await;
}
