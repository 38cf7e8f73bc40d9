//! A connection between a program and PostgreSQL that can be cut at the worst moment: when a commit is under way.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// The whole statement that commits; BEGIN has the word in it, too.
const COMMIT: &[u8] = b"COMMIT\0";
/// What a statement that changes a product begins with, when a connection sees it for the first time.
const UPDATE: &[u8] = b"UPDATE \"products\"";

/// What a test has switched on.
#[derive(Debug, Default)]
struct Switches {
    cut: AtomicBool,
    /// The same for the next commit on a connection that changed a product.
    cut_change: AtomicBool,
    held: watch::Sender<bool>,
    silent: watch::Sender<bool>,
}

/// The proxy.
#[derive(Debug)]
pub struct CommitProxy {
    url: String,
    switches: Arc<Switches>,
}

impl CommitProxy {
    /// One in front of the database of that URL.
    pub async fn before(url: &str) -> Self {
        let (_scheme, rest) = url.split_once("://").expect("a URL");
        let (place, database) = rest.split_once('/').expect("a database");
        let (user, server) = place.rsplit_once('@').expect("a user");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        // Unencrypted, as it looks for words.
        let database = database.split('?').next().expect("its name");
        let url = format!("postgres://{user}@{address}/{database}?sslmode=disable");
        let switches = Arc::<Switches>::default();
        let (server, shared) = (server.to_owned(), Arc::clone(&switches));
        tokio::spawn(async move {
            while let Ok((client, _address)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { return };
                tokio::spawn(pass(client, server, Arc::clone(&shared)));
            }
        });
        Self { url, switches }
    }

    /// The database's URL, through the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Passes nothing on any more, and says nothing about it; or passes everything on again.
    pub fn set_silent(&self, silent: bool) {
        self.switches.silent.send_replace(silent);
    }

    /// Passes the next commit on to the server, but not its answer: that connection is cut.
    pub fn cut_behind_next_commit(&self) {
        self.switches.cut.store(true, Ordering::SeqCst);
    }

    /// The same, but the commit reaches the server only after [`Self::release`]; until then its transaction is open
    /// there.
    pub fn hold_next_commit(&self) {
        self.switches.held.send_replace(true);
        self.cut_behind_next_commit();
    }

    /// The same with the commit of the next change of a product.
    pub fn hold_next_change(&self) {
        self.switches.held.send_replace(true);
        self.switches.cut_change.store(true, Ordering::SeqCst);
    }

    /// Lets the commit through that is held.
    pub fn release(&self) {
        self.switches.held.send_replace(false);
    }
}

async fn pass(client: TcpStream, server: TcpStream, switches: Arc<Switches>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut held, mut silent) = (switches.held.subscribe(), switches.silent.subscribe());
    let forth = async {
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
                && (switches.cut.swap(false, Ordering::SeqCst)
                    || (changes_product && switches.cut_change.swap(false, Ordering::SeqCst)));
            if is_cut {
                return Some(bytes.to_vec());
            }
            if to_server.write_all(bytes).await.is_err() {
                return None;
            }
        }
    };
    let back = async {
        drop(tokio::io::copy(&mut from_server, &mut to_client).await);
        None
    };
    let commit = tokio::select! {
        commit = forth => commit,
        ended = back => ended,
    };
    let Some(commit) = commit else { return };
    drop((from_client, to_client));
    drop(held.wait_for(|held| !held).await);
    to_server.write_all(&commit).await.expect("PostgreSQL has waited");
    // Its answer goes nowhere. It closes the connection when it has read the end of it.
    drop(to_server.shutdown().await);
    drop(tokio::io::copy(&mut from_server, &mut tokio::io::sink()).await);
}
