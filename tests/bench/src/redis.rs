//! The Redis server of a run, without persistence.

use std::path::Path;

use crate::{
    error::BenchError,
    process::{Process, command, free_port},
};

/// A running server.
#[derive(Debug)]
pub(crate) struct Redis {
    process: Process,
    port: u16,
}

impl Redis {
    /// Starts a server with this working directory. It ends when the value is dropped.
    pub(crate) async fn start(program: &Path, dir: &Path) -> Result<Self, BenchError> {
        let port = free_port()?;
        let mut redis = command(program);
        redis.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        redis.arg("--port").arg(port.to_string()).arg("--dir").arg(dir);
        let mut process = Process::start(redis, &dir.join("redis.log"))?;
        process
            .wait_for_output(|output| output.contains("Ready to accept connections").then_some(()))
            .await?;
        Ok(Self { process, port })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn stop(self) -> Result<(), BenchError> {
        self.process.stop("TERM").await
    }
}
