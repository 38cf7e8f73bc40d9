//! A TCP proxy between a process and Redis that can switch to another server, as a host name does
//! after a failover.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

use infra_redis::RedisUrl;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::server::Server;

pub(crate) struct Proxy {
    port: u16,
    target: Arc<AtomicU16>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn before(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = Arc::new(AtomicU16::new(server.port()));
        let current = Arc::clone(&target);
        let accepting = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let target = SocketAddr::from(([127, 0, 0, 1], current.load(Ordering::SeqCst)));
                tokio::spawn(async move {
                    let Ok(mut server) = TcpStream::connect(target).await else { return };
                    let _ended = copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        Self { port, target, accepting }
    }

    pub(crate) fn url(&self) -> RedisUrl {
        format!("redis://127.0.0.1:{}", self.port).parse().unwrap()
    }

    /// New connections fail from now on.
    pub(crate) fn cut(&self) {
        self.target.store(0, Ordering::SeqCst);
    }

    /// New connections lead to `server` from now on. Existing ones stay.
    pub(crate) fn switch_to(&self, server: &Server) {
        self.target.store(server.port(), Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
