//! A network between a process and Redis: it can go dead on subscriptions without a word, and lead to another
//! server from now on, as a name does after a failover.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU16, Ordering},
    },
};

use infra_redis::RedisUrl;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::server::Server;

/// Passes everything on, until it is told to drop what comes for subscriptions. Connections stay.
pub(crate) struct Proxy {
    port: u16,
    target: Arc<AtomicU16>,
    drops: Arc<AtomicBool>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn before(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = Arc::new(AtomicU16::new(server.port()));
        let drops = Arc::new(AtomicBool::new(false));
        let (leading, dropping) = (Arc::clone(&target), Arc::clone(&drops));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let target = SocketAddr::from(([127, 0, 0, 1], leading.load(Ordering::SeqCst)));
                tokio::spawn(connect(client, target, Arc::clone(&dropping)));
            }
        });
        Self { port, target, drops, accepting }
    }

    pub(crate) fn url(&self) -> RedisUrl {
        format!("redis://127.0.0.1:{}", self.port).parse().unwrap()
    }

    /// New connections lead there from now on. Those that there are stay where they are.
    pub(crate) fn lead_to(&self, server: &Server) {
        self.target.store(server.port(), Ordering::SeqCst);
    }

    /// From now on, or no longer, nothing arrives on connections that have subscribed to something.
    pub(crate) fn drop_what_is_published(&self, drops: bool) {
        self.drops.store(drops, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn connect(client: TcpStream, target: SocketAddr, drops: Arc<AtomicBool>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    let subscribed = AtomicBool::new(false);
    let asked = pass(from_client, to_server, |bytes| {
        if bytes.windows(9).any(|word| word == b"SUBSCRIBE") {
            subscribed.store(true, Ordering::SeqCst);
        }
        true
    });
    let answered = pass(from_server, to_client, |_bytes| {
        !(subscribed.load(Ordering::SeqCst) && drops.load(Ordering::SeqCst))
    });
    // Whichever side closes, both are closed.
    tokio::select! {
        _ended = asked => {}
        _ended = answered => {}
    }
}

/// Passes on what `passes` lets through, until the end.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    passes: impl Fn(&[u8]) -> bool,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        let bytes = buffer.get(..length).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(());
        }
        if passes(bytes) {
            to.write_all(bytes).await?;
        }
    }
}
