//! A Redis server of a test's own.

use std::{
    env,
    fs::{self, File},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use super::{end, end_at_last, free_port};
use crate::harness::{backend::provided, eventually, keyspace::ask_redis};

/// A Redis server on a port of its own, which it keeps, as it does its data, however often it is ended and
/// started again.
#[derive(Debug)]
pub(crate) struct PrivateRedis {
    child: Option<Child>,
    port: u16,
    directory: TempDir,
}

impl PrivateRedis {
    /// Makes one, and returns when it answers.
    pub(crate) async fn start() -> Self {
        let directory = TempDir::with_prefix("oms-redis-").expect("a temporary directory");
        let mut server = Self { child: None, port: free_port(), directory };
        server.start_again().await;
        server
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts it after an end, on the same port and with all that it knew, and returns when it answers.
    pub(crate) async fn start_again(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.directory.path().join("log"))
            .expect("its log");
        let child = Command::new(provided("OMS_TEST_REDIS_SERVER"))
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            // Each write is in the file before it is answered.
            .args(["--appendonly", "yes", "--appendfsync", "always"])
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("its log"))
            .stderr(log)
            .spawn()
            .expect("redis-server");
        self.child = Some(child);
        let url = self.url();
        eventually("Redis answers", async || {
            ask_redis(&url, &["PING"]).is_ok_and(|answer| answer == "+PONG")
        })
        .await;
    }

    /// Ends it the way a power cut does.
    pub(crate) async fn kill(&mut self) {
        end(self.child.take().expect("a running server"), "KILL").await;
    }

    /// Lets it stand still, as a machine that swaps or a network that drops everything does: connections stay
    /// open, nothing is answered. Returns when it does.
    pub(crate) async fn pause(&self) {
        let child = self.child.as_ref().expect("a running server");
        super::tell(child, "STOP");
        eventually("Redis stands still", async || stands_still(child.id())).await;
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        super::tell(self.child.as_ref().expect("a running server"), "CONT");
    }
}

/// Whether every thread of a process is stopped. One that cannot be looked into, as that of a container, is taken
/// for it.
fn stands_still(process: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return true };
    threads.flatten().all(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // The state is what follows the program's name, which stands in parentheses.
        stat.rsplit_once(") ").is_none_or(|(_, state)| state.starts_with('T'))
    }) || env::var_os("OMS_TEST_KILL").is_some()
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            end_at_last(child, "KILL");
        }
    }
}
