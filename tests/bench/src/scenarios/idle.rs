//! A server with nothing to do: the embedded database, an empty shop. How soon it answers, and how much memory it takes.

use std::{fs, time::Instant};

use super::Chosen;
use crate::{
    bench::Bench,
    failure::Failure,
    load::Load,
    row::{Row, Wanted},
    subject::Settings,
};

/// The first answer of a new server on SQLite.
pub(super) const IDLE: &str = "idle-sqlite";

/// How much memory a server with an empty shop may take, in bytes.
const MEMORY: u64 = 35_000_000;

pub(super) async fn run(bench: &Bench, chosen: &Chosen) -> Result<Vec<Row>, Failure> {
    if !chosen.contains(IDLE) {
        return Ok(Vec::new());
    }
    let mut row = Row::new(IDLE, "", Wanted::P99Below(500.0)).with_memory_of(MEMORY);
    for _round in bench.rounds(IDLE) {
        round(bench, &mut row).await?;
    }
    Ok(vec![row])
}

/// Starts one in an empty directory, without an admin: the hash of a password is slow on purpose.
async fn round(bench: &Bench, row: &mut Row) -> Result<(), Failure> {
    let dir = bench.dir("idle")?;
    let settings =
        Settings::new(&bench.tools.oms, &dir).with("ADMIN_EMAIL", "").with("ADMIN_PASSWORD", "");
    let began = Instant::now();
    let server = settings.start().await?;
    let answer = reqwest::get(format!("{}/health", server.base())).await;
    let answer = answer.and_then(reqwest::Response::error_for_status);
    let took = began.elapsed().as_secs_f64();
    let milliseconds = Some(took * 1_000.0);
    row.subject.push(Load {
        requests: 1,
        rate: 1.0 / took,
        p50: milliseconds,
        p99: milliseconds,
        errors: u64::from(answer.is_err()),
    });
    row.remember_memory(server.peak_memory());
    server.stop().await?;
    fs::remove_dir_all(&dir).map_err(Failure::io(dir.display().to_string()))
}
