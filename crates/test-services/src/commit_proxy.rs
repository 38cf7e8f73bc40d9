//! A proxy between a program and PostgreSQL that can cut a connection while a commit is in flight.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// The commit statement with its terminator, as `READ COMMITTED` in a BEGIN contains the word too.
pub(crate) const COMMIT: &[u8] = b"COMMIT\0";
/// The start of a statement that changes a product, as a connection prepares it.
const UPDATE: &[u8] = b"UPDATE \"products\"";

/// The faults that a test has injected.
#[derive(Debug, Default)]
struct Faults {
    cut: AtomicBool,
    /// Like `cut`, for the next commit on a connection that changed a product.
    cut_change: AtomicBool,
    held: watch::Sender<bool>,
    silent: watch::Sender<bool>,
}

/// A proxy that forwards connections to PostgreSQL and can cut them at a commit.
#[derive(Debug)]
pub struct CommitProxy {
    url: String,
    faults: Arc<Faults>,
}

impl CommitProxy {
    /// Starts a proxy in front of the database with this URL.
    pub async fn in_front_of(url: &str) -> Self {
        let (_scheme, rest) = url.split_once("://").expect("a URL");
        let (authority, database) = rest.split_once('/').expect("a database");
        let (user, server) = authority.rsplit_once('@').expect("a user");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        // Unencrypted, as the proxy searches for statements.
        let database = database.split('?').next().expect("its name");
        let url = format!("postgres://{user}@{address}/{database}?sslmode=disable");
        let faults = Arc::<Faults>::default();
        let (server, shared) = (server.to_owned(), Arc::clone(&faults));
        tokio::spawn(async move {
            while let Ok((client, _address)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { return };
                tokio::spawn(forward(client, server, Arc::clone(&shared)));
            }
        });
        Self { url, faults }
    }

    /// The URL of the database through the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops forwarding what clients send, without closing connections, or starts again.
    pub fn set_silent(&self, silent: bool) {
        self.faults.silent.send_replace(silent);
    }

    /// Forwards the next commit to the server, but cuts the client's connection before the answer.
    pub fn cut_behind_next_commit(&self) {
        self.faults.cut.store(true, Ordering::SeqCst);
    }

    /// Like [`Self::cut_behind_next_commit`], but the commit reaches the server only after
    /// [`Self::release`]. Until then its transaction stays open.
    pub fn hold_next_commit(&self) {
        self.faults.held.send_replace(true);
        self.cut_behind_next_commit();
    }

    /// Like [`Self::hold_next_commit`], for the commit of the next change of a product.
    pub fn hold_next_change(&self) {
        self.faults.held.send_replace(true);
        self.faults.cut_change.store(true, Ordering::SeqCst);
    }

    /// Forwards the held commit.
    pub fn release(&self) {
        self.faults.held.send_replace(false);
    }
}

async fn forward(client: TcpStream, server: TcpStream, faults: Arc<Faults>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut held, mut silent) = (faults.held.subscribe(), faults.silent.subscribe());
    let to_upstream = async {
        let mut buffer = vec![0; 65_536];
        let mut changes_product = false;
        loop {
            let count = from_client.read(&mut buffer).await.unwrap_or(0);
            if count == 0 || silent.wait_for(|silent| !silent).await.is_err() {
                return None;
            }
            let bytes = &buffer[..count];
            let has = |words: &[u8]| bytes.windows(words.len()).any(|window| window == words);
            changes_product |= has(UPDATE);
            let is_cut = has(COMMIT)
                && (faults.cut.swap(false, Ordering::SeqCst)
                    || (changes_product && faults.cut_change.swap(false, Ordering::SeqCst)));
            if is_cut {
                return Some(bytes.to_vec());
            }
            if to_server.write_all(bytes).await.is_err() {
                return None;
            }
        }
    };
    let to_downstream = async {
        drop(tokio::io::copy(&mut from_server, &mut to_client).await);
        None
    };
    let commit = tokio::select! {
        commit = to_upstream => commit,
        ended = to_downstream => ended,
    };
    let Some(commit) = commit else { return };
    drop((from_client, to_client));
    drop(held.wait_for(|held| !held).await);
    to_server.write_all(&commit).await.expect("PostgreSQL keeps the connection");
    // The server's answer is discarded. PostgreSQL closes the connection when its input ends.
    drop(to_server.shutdown().await);
    drop(tokio::io::copy(&mut from_server, &mut tokio::io::sink()).await);
}
