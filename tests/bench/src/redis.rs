//! A Redis server of this run's own, which keeps nothing on disk.

use std::path::Path;

use crate::{
    failure::Failure,
    process::{Running, command, free_port},
};

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Redis {
    running: Running,
    port: u16,
}

impl Redis {
    /// Starts it, with this directory to work in. It ends when this is dropped.
    pub(crate) async fn start(program: &Path, dir: &Path) -> Result<Self, Failure> {
        let port = free_port()?;
        let mut redis = command(program);
        redis.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        redis.arg("--port").arg(port.to_string()).arg("--dir").arg(dir);
        let mut running = Running::start(redis, &dir.join("redis.log"))?;
        running.says(|said| said.contains("Ready to accept connections").then_some(())).await?;
        Ok(Self { running, port })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn stop(self) -> Result<(), Failure> {
        self.running.stop("TERM").await
    }
}
