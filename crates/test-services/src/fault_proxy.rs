//! A TCP proxy that misbehaves on command: it delays, swallows or cuts connections, and holds the
//! commits of PostgreSQL.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use crate::commit_proxy::COMMIT;

/// What a [`FaultProxy`] does with the data on its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyMode {
    /// Forwards everything.
    Forward,
    /// Forwards each chunk of data after this delay.
    Delay(Duration),
    /// Keeps connections open, accepts new ones, and forwards nothing until the mode changes.
    BlackHole,
    /// A connection on which the client sends a commit forwards nothing more until the mode
    /// changes; then the commit arrives.
    HoldCommits,
    /// Forwards commits but not what the server answers to them. Those connections end when the
    /// mode changes.
    LoseCommitAnswers,
    /// A connection on which the client sends a commit ends, and the commit does not arrive.
    LoseCommits,
}

/// A proxy in front of one server, which need not run yet and may restart.
#[derive(Debug)]
pub struct FaultProxy {
    address: String,
    mode: watch::Sender<ProxyMode>,
    cuts: watch::Sender<u64>,
}

/// The receiving ends of the commands to one proxy.
#[derive(Debug, Clone)]
struct Commands {
    mode: watch::Receiver<ProxyMode>,
    cuts: watch::Receiver<u64>,
}

impl FaultProxy {
    /// Starts a proxy in front of the server at this address (`host:port`). It ends with the
    /// runtime.
    pub async fn in_front_of(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (mode, cuts) = (watch::Sender::new(ProxyMode::Forward), watch::Sender::new(0));
        let commands = Commands { mode: mode.subscribe(), cuts: cuts.subscribe() };
        let server: Arc<str> = server.into();
        tokio::spawn(async move {
            while let Ok((client, _address)) = listener.accept().await {
                let (server, mut commands) = (Arc::clone(&server), commands.clone());
                commands.cuts.mark_unchanged();
                tokio::spawn(async move {
                    let mut cuts = commands.cuts.clone();
                    tokio::select! {
                        () = connect_and_forward(client, &server, commands) => {}
                        _ = cuts.changed() => {}
                    }
                });
            }
        });
        Self { address, mode, cuts }
    }

    /// The address of the proxy: `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Changes what the proxy does, on open connections as well.
    pub fn set_mode(&self, mode: ProxyMode) {
        self.mode.send_replace(mode);
    }

    /// Closes all open connections.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

async fn connect_and_forward(client: TcpStream, server: &str, mut commands: Commands) {
    if !leave(&mut commands.mode, ProxyMode::BlackHole).await {
        return;
    }
    // The client sees a closed connection if the server is down.
    let Ok(server) = TcpStream::connect(server).await else { return };
    // Small messages must not wait for the acknowledgement of those before.
    if client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).is_err() {
        return;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let lost = watch::Sender::new(false);
    tokio::select! {
        () = send_requests(from_client, to_server, commands.mode.clone(), &lost) => {}
        () = send_answers(from_server, to_client, commands.mode, lost.subscribe()) => {}
    }
}

/// Waits until the mode is another one. False if the proxy is gone.
async fn leave(mode: &mut watch::Receiver<ProxyMode>, left: ProxyMode) -> bool {
    mode.wait_for(|mode| *mode != left).await.is_ok()
}

/// Waits as the mode demands before a chunk is forwarded. False if the proxy is gone.
async fn hold_back(mode: &mut watch::Receiver<ProxyMode>) -> bool {
    let now = *mode.borrow_and_update();
    match now {
        ProxyMode::BlackHole => leave(mode, ProxyMode::BlackHole).await,
        ProxyMode::Delay(delay) => {
            tokio::time::sleep(delay).await;
            true
        }
        _ => true,
    }
}

async fn send_requests(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    mut mode: watch::Receiver<ProxyMode>,
    lost: &watch::Sender<bool>,
) {
    let mut buffer = vec![0; 65_536];
    loop {
        let Ok(count @ 1..) = client.read(&mut buffer).await else { return };
        if !hold_back(&mut mode).await {
            return;
        }
        let bytes = &buffer[..count];
        if bytes.windows(COMMIT.len()).any(|window| window == COMMIT) {
            let now = *mode.borrow_and_update();
            let arrives = match now {
                ProxyMode::HoldCommits => leave(&mut mode, ProxyMode::HoldCommits).await,
                ProxyMode::LoseCommitAnswers => {
                    lost.send_replace(true);
                    true
                }
                ProxyMode::LoseCommits => false,
                _ => true,
            };
            if !arrives {
                return;
            }
        }
        if server.write_all(bytes).await.is_err() {
            return;
        }
    }
}

async fn send_answers(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    mut mode: watch::Receiver<ProxyMode>,
    lost: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 65_536];
    loop {
        let Ok(count @ 1..) = server.read(&mut buffer).await else { return };
        if *lost.borrow() {
            leave(&mut mode, ProxyMode::LoseCommitAnswers).await;
            return;
        }
        if !hold_back(&mut mode).await || client.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
