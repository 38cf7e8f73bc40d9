//! Requests that are no HTTP: each gets a 4xx, with a problem or without a body, and its connection
//! is closed.

use crate::harness::{Connection, Server};

/// A request whose chunked body goes on with this text.
fn chunked(body: &str) -> String {
    format!(
        "POST /auth/login HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n{body}"
    )
}

fn with_header(header: &str) -> String {
    format!("POST /auth/login HTTP/1.1\r\nHost: shop\r\n{header}\r\n\r\n{{}}")
}

/// Asserts that a response is a 4xx, and that its body, if there is one, is a problem.
fn assert_refused(request: &str, received: &str) {
    let shown: String = request.chars().take(80).collect();
    let status = received.strip_prefix("HTTP/1.1 4");
    assert!(status.is_some(), "{shown:?}: {received:?}");
    let (head, body) = received.split_once("\r\n\r\n").expect("a complete head");
    if !body.is_empty() {
        assert!(head.contains("application/problem+json"), "{shown:?}: {received:?}");
        let problem: serde_json::Value = serde_json::from_str(body).expect("one JSON text");
        assert!(problem["detail"].is_string() && problem["code"].is_string(), "{problem}");
    }
}

#[tokio::test]
async fn malformed_requests_get_a_4xx_without_a_body_or_with_a_problem_and_are_disconnected() {
    let server = Server::start();
    let requests = [
        "nonsense\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET /health\r\n\r\n".to_owned(),
        "GET /health HTTP/9.9\r\nHost: shop\r\n\r\n".to_owned(),
        "G\u{0}T /health HTTP/1.1\r\nHost: shop\r\n\r\n".to_owned(),
        "GET /a b c HTTP/1.1\r\nHost: shop\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\r\n\r\n".to_owned(),
        with_header("no colon"),
        with_header(": no name"),
        with_header("Bad Name: x"),
        with_header("X-Control: a\u{0}b"),
        with_header("Content-Length: many"),
        with_header("Content-Length: -1"),
        with_header("Content-Length: 2\r\nContent-Length: 3"),
        with_header("Content-Length: 2\r\nTransfer-Encoding: chunked"),
        with_header("Transfer-Encoding: gzip"),
        // A head beyond what is read of one: too large in all, and with too many fields.
        with_header(&format!("X-Large: {}", "x".repeat(256 * 1024))),
        with_header(&"X-Many: x\r\n".repeat(1_000)),
        format!("GET /{} HTTP/1.1\r\nHost: shop\r\n\r\n", "x".repeat(256 * 1024)),
        chunked("not a length\r\n{}\r\n0\r\n\r\n"),
        chunked("2\r\n{}no end of the chunk"),
        chunked("ffffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
        chunked("-2\r\n{}\r\n0\r\n\r\n"),
    ];
    for request in requests {
        let mut connection = Connection::open(&server).await.expect("a connection");
        connection.send(&request).await;
        assert_refused(&request, &connection.read_to_end().await);
    }
    server.anonymous().get("/health").await.assert_ok();
}
