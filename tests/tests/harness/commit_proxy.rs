//! A wire between a server and PostgreSQL that can hold back the commit of a changed product.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What a statement that changes a product begins with, when a connection sees it for the first time.
const UPDATE: &[u8] = b"UPDATE \"products\"";
/// The whole statement that commits; BEGIN has the word in it, too.
const COMMIT: &[u8] = b"COMMIT\0";

/// The wire.
pub(crate) struct CommitProxy {
    url: String,
    armed: Arc<AtomicBool>,
    held: watch::Sender<bool>,
}

impl CommitProxy {
    /// A wire to the PostgreSQL of that URL.
    pub(crate) async fn before(url: &str) -> Self {
        let (_scheme, rest) = url.split_once("://").expect("a URL");
        let (place, database) = rest.split_once('/').expect("a database");
        let (user, server) = place.rsplit_once('@').expect("a user");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (armed, (held, holding)) = (Arc::new(AtomicBool::new(false)), watch::channel(false));
        let (server, arming) = (server.to_owned(), Arc::clone(&armed));
        tokio::spawn(async move {
            while let Ok((client, _address)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { return };
                tokio::spawn(pass(client, server, Arc::clone(&arming), holding.clone()));
            }
        });
        // Unencrypted, as it looks for words.
        let database = database.split('?').next().expect("its name");
        let url = format!("postgres://{user}@{address}/{database}?sslmode=disable");
        Self { url, armed, held }
    }

    /// PostgreSQL's URL, through the wire.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Cuts the connection on which a product is changed next when its commit is sent. The commit reaches PostgreSQL only
    /// after [`Self::release`]; until then its transaction is open there.
    pub(crate) fn hold_next_change(&self) {
        self.held.send_replace(true);
        self.armed.store(true, Ordering::SeqCst);
    }

    /// Lets the commit through.
    pub(crate) fn release(&self) {
        self.held.send_replace(false);
    }
}

async fn pass(
    client: TcpStream,
    server: TcpStream,
    armed: Arc<AtomicBool>,
    mut held: watch::Receiver<bool>,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let forth = async {
        let mut buffer = vec![0; 65_536];
        let mut changes_product = false;
        loop {
            let count = from_client.read(&mut buffer).await.unwrap_or(0);
            let bytes = &buffer[..count];
            let has = |words: &[u8]| bytes.windows(words.len()).any(|window| window == words);
            changes_product |= has(UPDATE);
            if changes_product && has(COMMIT) && armed.swap(false, Ordering::SeqCst) {
                return Some(bytes.to_vec());
            }
            if count == 0 || to_server.write_all(bytes).await.is_err() {
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
