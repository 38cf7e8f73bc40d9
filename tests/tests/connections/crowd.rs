//! A crowd of hostile connections: others are served, memory is bounded, and all of them end.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
};

use crate::{
    connections::others_open,
    harness::{Client, Server, iterations},
    metrics::Metrics,
};

/// How much memory all of them may take.
const MAX_GROWTH_BYTES: f64 = 100_000_000.0;

/// How long they may stay once all of them have come.
const MAX_STAY: Duration = Duration::from_mins(1);

/// Keeps the server's buffers from emptying into the client's.
const RECEIVE_BUFFER_BYTES: u32 = 4096;

/// How often a slow client sends a piece.
const PIECE_INTERVAL: Duration = Duration::from_millis(500);

const HEAD: &str = "GET /health HTTP/1.1\r\nHost: shop\r\n\r\n";

async fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES).expect("a small buffer");
    socket.connect(address).await.expect("a connection")
}

/// Sends a text, then a piece again and again, until the server has closed the connection.
async fn trickle(mut stream: TcpStream, start: &str, piece: &str) {
    let mut sent = stream.write_all(start.as_bytes()).await;
    while sent.is_ok() {
        tokio::time::sleep(PIECE_INTERVAL).await;
        sent = stream.write_all(piece.as_bytes()).await;
    }
}

/// A chunked body that does not end, of a request whose handler reads it or does not.
async fn unfinished_body(stream: TcpStream, number: usize) {
    // A handler that reads its body waits for 30 seconds, which only the long form has.
    let start = if number.is_multiple_of(2) && iterations(0, 1) == 1 {
        "POST /auth/login"
    } else {
        "GET /api/v1/products"
    };
    let head = format!("{start} HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n");
    trickle(stream, &head, "8\r\nabcdefgh\r\n").await;
}

/// A head that does not end, of the first request of a connection or of the second one.
async fn slow_head(mut stream: TcpStream, number: usize) {
    if number.is_multiple_of(2) {
        let mut received = [0; 1024];
        // On a busy machine even this head may be too slow.
        let _ = stream.write_all(HEAD.as_bytes()).await;
        let _ = stream.read(&mut received).await;
    }
    trickle(stream, "GET /health HTTP/1.1\r\n", "X-Piece: 1\r\n").await;
}

/// Requests without end, whose responses are never read. Most have large responses: of small ones,
/// the operating system keeps a thousand for a client.
async fn never_reads(mut stream: TcpStream, number: usize) {
    let path = if number < 4 { "/api/v1/products" } else { "/openapi.json" };
    let requests = format!("GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n").repeat(100);
    while stream.write_all(requests.as_bytes()).await.is_ok() {}
}

async fn memory(client: &Client) -> f64 {
    Metrics::scrape(client).await.sum("process_resident_memory_bytes", &[])
}

#[tokio::test]
async fn others_are_served_beside_a_hostile_crowd_which_is_gone_a_minute_later() {
    let number_of_each = iterations(100, 1667);
    let mut settings = Server::configure();
    if iterations(0, 1) == 0 {
        settings =
            settings.var("REQUEST_HEAD_TIMEOUT_SECONDS", 2).var("RESPONSE_SEND_TIMEOUT_SECONDS", 2);
    }
    let server = settings.start();
    let address = server.address().parse().expect("an address");
    let client = server.anonymous();
    client.get("/openapi.json").await.assert_ok();
    client.get("/api/v1/products").await.assert_ok();
    let before = memory(&client).await;

    let mut hostile = JoinSet::new();
    for number in 0..number_of_each {
        hostile.spawn(unfinished_body(connect(address).await, number));
        hostile.spawn(slow_head(connect(address).await, number));
        hostile.spawn(never_reads(connect(address).await, number));
    }
    let all_there = Instant::now();
    let (mut peak, mut most_open, mut slowest) = (before, 0.0_f64, Duration::ZERO);
    loop {
        let asked = Instant::now();
        client.get("/api/v1/products").await.assert_ok();
        slowest = slowest.max(asked.elapsed());
        peak = peak.max(memory(&client).await);
        let open = others_open(&client).await;
        most_open = most_open.max(open);
        while let Some(ended) = hostile.try_join_next() {
            ended.expect("a client without an error");
        }
        // The client that asks may have left one of its own connections idle.
        if hostile.is_empty() && open <= 1.0 {
            break;
        }
        assert!(all_there.elapsed() < MAX_STAY, "{open} are still there a minute later");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let growth = peak - before;
    println!(
        "{most_open} of {} connections at once; memory grew by {:.1} MB from {:.1} MB; the slowest \
         read beside them took {slowest:?}; they were gone {:?} after the last one had come",
        3 * number_of_each,
        growth / 1e6,
        before / 1e6,
        all_there.elapsed()
    );
    assert!(most_open > 0.0);
    assert!(growth < MAX_GROWTH_BYTES, "memory grew by {growth} bytes");
}
