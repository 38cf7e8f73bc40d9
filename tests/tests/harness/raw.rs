//! HTTP by hand, for what a well-behaved client never does: wait in the middle of a request, send nonsense.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{DEADLINE, client::Client, eventually, server::Server};

/// What an [`order_in_flight`] has still to send.
pub(crate) const ORDER: &str = r#"{"customer_name": "Ada", "item_name": "Chair", "quantity": 1}"#;

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
}

impl Connection {
    pub(crate) async fn open(server: &Server) -> std::io::Result<Self> {
        Ok(Self { stream: TcpStream::connect(server.address()).await? })
    }

    /// Sends this; whether the server still listens shows in its answer.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // A server may hang up before it has heard everything.
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    /// Reads until this has come, and returns everything up to there.
    pub(crate) async fn read_to(&mut self, end: &str) -> String {
        let mut answer = String::new();
        while !answer.contains(end) {
            let mut piece = [0; 4096];
            let read = tokio::time::timeout(DEADLINE, self.stream.read(&mut piece)).await;
            match read.expect("an answer in time") {
                Ok(0) | Err(_) => panic!("the connection ended before {end:?}: {answer:?}"),
                Ok(length) => answer.push_str(&String::from_utf8_lossy(&piece[..length])),
            }
        }
        answer
    }

    /// Reads until the server hangs up, or has been silent for a second.
    pub(crate) async fn read_all(&mut self) -> String {
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(Ok(length @ 1..)) =
            tokio::time::timeout(Duration::from_secs(1), self.stream.read(&mut piece)).await
        {
            answer.extend_from_slice(&piece[..length]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// A request for [`ORDER`] whose head the server has taken, and which waits with its body.
pub(crate) async fn order_in_flight(server: &Server, client: &Client) -> Connection {
    let mut connection = Connection::open(server).await.expect("a connection");
    let head = format!(
        "POST /orders HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        client.access_token(),
        ORDER.len()
    );
    connection.send(head).await;
    connection.read_to("HTTP/1.1 100 Continue\r\n").await;
    connection
}

/// Waits until a server takes no new connections any more.
pub(crate) async fn no_longer_listens(server: &Server) {
    eventually("new connections are refused", async || Connection::open(server).await.is_err())
        .await;
}
