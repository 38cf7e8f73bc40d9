//! A proxy that serves a server below a prefix of the path, which it strips from each request.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A running proxy; it stops when it is dropped.
pub(crate) struct PathProxy {
    task: JoinHandle<()>,
}

impl PathProxy {
    /// Forwards requests below `prefix`, such as `/shop`, to a server's address. Each connection
    /// transports one request.
    pub(crate) fn start(listener: TcpListener, prefix: &'static str, server: &str) -> Self {
        let server = server.to_owned();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move { forward(client, prefix, &server).await });
            }
        });
        Self { task }
    }
}

impl Drop for PathProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Forwards one request. Requests outside of the prefix are not answered.
async fn forward(mut client: TcpStream, prefix: &str, server: &str) -> Option<()> {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    let end = loop {
        let received = client.read(&mut chunk).await.ok().filter(|received| *received > 0)?;
        head.extend_from_slice(&chunk[..received]);
        if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
    };
    let body = head.split_off(end);
    let head = String::from_utf8(head).ok()?;
    let (method, target) = head.split_once(' ')?;
    let stripped = target.strip_prefix(prefix).filter(|rest| rest.starts_with('/'))?;
    let is_connection = |line: &&str| line.to_ascii_lowercase().starts_with("connection:");
    let lines: Vec<_> = stripped.split("\r\n").filter(|line| !is_connection(line)).collect();
    let head = format!("{method} {}\r\nConnection: close", lines.join("\r\n"));
    let mut server = TcpStream::connect(server).await.ok()?;
    server.write_all(head.as_bytes()).await.ok()?;
    server.write_all(&body).await.ok()?;
    copy_bidirectional(&mut client, &mut server).await.ok().map(|_| ())
}
