//! A Redis server of a test's own, which it may kill, stop and start again.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher as _,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use deadpool_redis::redis::aio::MultiplexedConnection;
use infra_redis::RedisUrl;
use tempfile::TempDir;

use crate::fixture::until;

/// A port that is free now, below those that systems hand out for outgoing connections: it stays free while a
/// server is down.
fn free_port() -> u16 {
    loop {
        let random = RandomState::new().hash_one("a port") % 12_000;
        let port = 20_000 + u16::try_from(random).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A server on a port of its own. Killed when it is dropped.
pub(crate) struct Server {
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
    process: Option<Child>,
}

impl Server {
    /// A server that keeps nothing when it dies.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A server with these arguments besides.
    pub(crate) async fn start_with(arguments: &[&str]) -> Self {
        let mut server = Self::absent(arguments);
        server.start_again().await;
        server
    }

    /// A server that is yet to start.
    pub(crate) fn absent(arguments: &[&str]) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            port: free_port(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            process: None,
        }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> RedisUrl {
        format!("redis://127.0.0.1:{}", self.port).parse().unwrap()
    }

    /// Starts it, with what was saved before, and waits until it answers.
    pub(crate) async fn start_again(&mut self) {
        self.launch();
        until("the server answers", async || {
            let client =
                deadpool_redis::redis::Client::open(format!("redis://127.0.0.1:{}", self.port))
                    .unwrap();
            let Ok(mut connection) = client.get_multiplexed_async_connection().await else {
                return false;
            };
            let ping: Result<String, _> =
                deadpool_redis::redis::cmd("PING").query_async(&mut connection).await;
            ping.map_or_else(|error| error.code() == Some("NOAUTH"), |_pong| true)
        })
        .await;
    }

    /// Starts it, without waiting for anything.
    pub(crate) fn launch(&mut self) {
        let program = std::env::var_os("OMS_TEST_REDIS_SERVER");
        let process = Command::new(program.unwrap_or_else(|| "redis-server".into()))
            .current_dir(self.folder.path())
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed, or OMS_TEST_REDIS_SERVER names it");
        assert!(self.process.replace(process).is_none(), "it runs already");
    }

    /// Ends it at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.signal("KILL");
        self.process.take().expect("it runs").wait().unwrap();
    }

    /// Has it hang: connections stay, answers do not come.
    pub(crate) fn hang(&self) {
        self.signal("STOP");
    }

    /// Has it go on.
    pub(crate) fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        // A program may stand in for a container, to which not every signal passes by itself.
        let kill = std::env::var_os("OMS_TEST_KILL").unwrap_or_else(|| "kill".into());
        let process = self.process.as_ref().expect("it runs").id().to_string();
        let sent = Command::new(kill).args([format!("-{signal}"), process]).status();
        assert!(sent.expect("there is a program to send signals").success());
    }

    /// Asks it something directly.
    pub(crate) async fn ask<T: deadpool_redis::redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = deadpool_redis::redis::Cmd::new();
        for word in words {
            command.arg(word);
        }
        command.query_async(&mut self.connection().await).await.unwrap()
    }

    async fn connection(&self) -> MultiplexedConnection {
        let client =
            deadpool_redis::redis::Client::open(format!("redis://127.0.0.1:{}", self.port))
                .unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.kill();
        }
    }
}
