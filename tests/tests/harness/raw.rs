//! HTTP over a raw socket, for clients that pause within a request or send malformed data.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{DEADLINE, client::Client, eventually, server::Server};

/// The body that an [`order_in_flight`] has still to send.
pub(crate) const ORDER_BODY: &str =
    r#"{"customer_name": "Ada", "item_name": "Chair", "quantity": 1}"#;

/// A TCP connection to the server.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
}

impl Connection {
    pub(crate) async fn open(server: &Server) -> std::io::Result<Self> {
        Self::open_at(server.address()).await
    }

    /// Opens a connection to this address, such as `127.0.0.1:8000`.
    pub(crate) async fn open_at(address: &str) -> std::io::Result<Self> {
        Ok(Self { stream: TcpStream::connect(address).await? })
    }

    /// Sends these bytes and ignores errors: the response shows whether the server read them.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // A server may close the connection before it has read everything.
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    /// Sends these bytes again and again, and reads nothing, until the server closes the connection.
    pub(crate) async fn send_until_closed(&mut self, bytes: &[u8]) {
        let closed = async { while self.stream.write_all(bytes).await.is_ok() {} };
        tokio::time::timeout(DEADLINE, closed).await.expect("the server closes the connection");
    }

    /// Tells the server that this client sends no more.
    pub(crate) async fn end_sending(&mut self) {
        self.stream.shutdown().await.expect("an open connection");
    }

    /// Reads until the server closes the connection, and returns everything up to there.
    pub(crate) async fn read_to_end(&mut self) -> String {
        let mut received = Vec::new();
        let read = tokio::time::timeout(DEADLINE, self.stream.read_to_end(&mut received)).await;
        // Either end of the connection is good: with a FIN, or with an RST.
        let _ = read.expect("the server closes the connection");
        String::from_utf8_lossy(&received).into_owned()
    }

    /// Reads until this text has arrived, and returns everything up to there.
    pub(crate) async fn read_to(&mut self, end: &str) -> String {
        let mut received = String::new();
        while !received.contains(end) {
            let mut chunk = [0; 4096];
            let read = tokio::time::timeout(DEADLINE, self.stream.read(&mut chunk)).await;
            match read.expect("data in time") {
                Ok(0) | Err(_) => panic!("the connection ended before {end:?}: {received:?}"),
                Ok(length) => received.push_str(&String::from_utf8_lossy(&chunk[..length])),
            }
        }
        received
    }

    /// Reads until the server closes the connection or sends nothing for a second.
    pub(crate) async fn read_all(&mut self) -> String {
        let mut received = Vec::new();
        let mut chunk = [0; 4096];
        while let Ok(Ok(length @ 1..)) =
            tokio::time::timeout(Duration::from_secs(1), self.stream.read(&mut chunk)).await
        {
            received.extend_from_slice(&chunk[..length]);
        }
        String::from_utf8_lossy(&received).into_owned()
    }
}

/// An order request of which the server has read the head and which has not sent its body,
/// [`ORDER_BODY`], yet.
pub(crate) async fn order_in_flight(server: &Server, client: &Client) -> Connection {
    let mut connection = Connection::open(server).await.expect("a connection");
    let head = format!(
        "POST /orders HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        client.access_token(),
        ORDER_BODY.len()
    );
    connection.send(head).await;
    connection.read_to("HTTP/1.1 100 Continue\r\n").await;
    connection
}

/// Waits until a server accepts no new connections.
pub(crate) async fn wait_until_not_listening(server: &Server) {
    eventually("new connections are refused", async || Connection::open(server).await.is_err())
        .await;
}
