//! A wire between a store and its server that can be cut at the worst moment.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// The whole statement that commits, and the server's answer to it; BEGIN has the word in it, too.
const COMMIT: &[u8] = b"COMMIT\0";

/// The wire.
pub(crate) struct Proxy {
    url: String,
    cut: Arc<AtomicBool>,
    held: watch::Sender<bool>,
    silent: watch::Sender<bool>,
}

impl Proxy {
    /// A wire to the server of that URL.
    pub(crate) async fn before(url: &str) -> Self {
        let (_scheme, rest) = url.split_once("://").unwrap();
        let (place, database) = rest.split_once('/').unwrap();
        let (user, server) = place.rsplit_once('@').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cut = Arc::new(AtomicBool::new(false));
        let (silent, listening) = watch::channel(false);
        let (held, holding) = watch::channel(false);
        tokio::spawn(listen(listener, server.to_owned(), cut.clone(), holding, listening));
        // Unencrypted, as it looks for a word.
        let url = format!("postgres://{user}@{address}/{database}?sslmode=disable");
        Self { url, cut, held, silent }
    }

    /// The server's URL, through the wire.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Lets nothing through any more, and says nothing about it; or lets everything through again.
    pub(crate) fn set_silent(&self, silent: bool) {
        self.silent.send_replace(silent);
    }

    /// Lets the next commit through to the server, but not its answer: that connection is cut.
    pub(crate) fn cut_behind_next_commit(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    /// The same, but the commit reaches the server only after [`Self::release_commit`].
    pub(crate) fn hold_next_commit(&self) {
        self.held.send_replace(true);
        self.cut_behind_next_commit();
    }

    /// Lets the commit through that is held.
    pub(crate) fn release_commit(&self) {
        self.held.send_replace(false);
    }
}

async fn listen(
    listener: TcpListener,
    server: String,
    cut: Arc<AtomicBool>,
    held: watch::Receiver<bool>,
    silent: watch::Receiver<bool>,
) {
    while let Ok((client, _address)) = listener.accept().await {
        let server = TcpStream::connect(&server).await.unwrap();
        tokio::spawn(pass(client, server, cut.clone(), held.clone(), silent.clone()));
    }
}

async fn pass(
    client: TcpStream,
    server: TcpStream,
    cut: Arc<AtomicBool>,
    mut held: watch::Receiver<bool>,
    mut silent: watch::Receiver<bool>,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let forth = async {
        let mut buffer = vec![0; 65_536];
        loop {
            let count = from_client.read(&mut buffer).await.unwrap_or(0);
            if count == 0 {
                return None;
            }
            if silent.wait_for(|silent| !silent).await.is_err() {
                return None;
            }
            let bytes = buffer.get(..count).unwrap();
            let commits = bytes.windows(COMMIT.len()).any(|window| window == COMMIT);
            if commits && cut.swap(false, Ordering::SeqCst) {
                return Some(bytes.to_vec());
            }
            to_server.write_all(bytes).await.unwrap();
        }
    };
    let back = async {
        drop(tokio::io::copy(&mut from_server, &mut to_client).await);
        None
    };
    let cut = tokio::select! {
        cut = forth => cut,
        cut = back => cut,
    };
    if let Some(commit) = cut {
        // The client hears nothing more; the server answers into the void, until it is through.
        drop((from_client, to_client));
        drop(held.wait_for(|held| !held).await);
        to_server.write_all(&commit).await.unwrap();
        let mut buffer = vec![0; 65_536];
        loop {
            let count = from_server.read(&mut buffer).await.unwrap_or(0);
            if count == 0
                || buffer.get(..count).unwrap().windows(COMMIT.len()).any(|window| window == COMMIT)
            {
                return;
            }
        }
    }
}
