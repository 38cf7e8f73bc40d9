//! Requests that are sent before the responses to earlier ones: all are answered, in order.

use crate::harness::{Connection, Server};

/// Requests with and without bodies, of which some contain what ends a head.
const REQUESTS: [(&str, &str); 6] = [
    ("GET /health HTTP/1.1\r\nHost: shop\r\n\r\n", "200 OK"),
    (
        "POST /auth/login HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n\
         Content-Length: 8\r\n\r\n{\r\n\r\n\r\n}",
        "422 Unprocessable",
    ),
    ("GET /nowhere HTTP/1.1\r\nHost: shop\r\n\r\n", "404 Not Found"),
    (
        "POST /auth/login HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n8\r\n{\r\n\r\n\r\n}\r\n0\r\n\r\n",
        "422 Unprocessable",
    ),
    ("\r\nGET /orders HTTP/1.1\nHost: shop\n\n", "401 Unauthorized"),
    ("GET /api/v1/products HTTP/1.1\r\nHost: shop\r\n\r\n", "200 OK"),
];

fn statuses(responses: &str) -> Vec<&str> {
    responses.match_indices("HTTP/1.1 ").map(|(at, start)| &responses[at + start.len()..]).collect()
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_however_they_arrive() {
    const ROUNDS: usize = 10;
    let server = Server::start();
    let requests: String = REQUESTS.map(|(request, _)| request).concat().repeat(ROUNDS);
    let last = "GET /app HTTP/1.1\r\nHost: shop\r\n\r\n";
    let sent = format!("{requests}{last}");
    for piece in [7, 100, 1500, sent.len()] {
        let mut connection = Connection::open(&server).await.expect("a connection");
        for bytes in sent.as_bytes().chunks(piece) {
            connection.send(bytes).await;
        }
        let responses = connection.read_to("Welcome to OMS").await;
        let got = statuses(&responses);
        assert_eq!(got.len(), ROUNDS * REQUESTS.len() + 1, "pieces of {piece}: {responses}");
        for (status, (request, expected)) in got.iter().zip(REQUESTS.iter().cycle()) {
            // The last request is not among them.
            if !status.contains("Welcome") {
                assert!(status.starts_with(expected), "{piece}: {request:?}: {status}");
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_has_sent_everything_still_gets_all_responses() {
    let server = Server::start();
    let mut connection = Connection::open(&server).await.expect("a connection");
    connection.send("GET /health HTTP/1.1\r\nHost: shop\r\n\r\n".repeat(100)).await;
    connection.end_sending().await;
    let responses = connection.read_to_end().await;
    assert_eq!(responses.matches("{\"status\":\"ok\"}").count(), 100, "{responses}");
}

#[tokio::test]
async fn a_large_response_arrives_whole_also_when_it_is_read_slowly() {
    let server = Server::start();
    let whole = server.anonymous().get("/openapi.json").await;
    let mut connection = Connection::open(&server).await.expect("a connection");
    connection.send("GET /openapi.json HTTP/1.1\r\nHost: shop\r\n\r\n".repeat(20)).await;
    connection.send("GET /app HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").await;
    let responses = connection.read_to_end().await;
    assert_eq!(responses.matches(&whole.text).count(), 20);
    assert!(responses.contains("Welcome to OMS"));
}
