//! An idle server on SQLite with an empty shop: its time to the first response, and its memory.

use std::{fs, time::Instant};

use super::Selection;
use crate::{
    bench::Bench,
    error::BenchError,
    load::Load,
    row::{Row, Target},
    server::Settings,
};

/// The first response of a new server on SQLite.
pub(super) const IDLE: &str = "idle-sqlite";

/// The limit of the peak memory with an empty shop, in bytes.
const MEMORY_LIMIT: u64 = 35_000_000;

pub(super) async fn run(bench: &Bench, selected: &Selection) -> Result<Vec<Row>, BenchError> {
    if !selected.contains(IDLE) {
        return Ok(Vec::new());
    }
    let mut row = Row::new(IDLE, "", Target::P99Below(500.0)).with_memory_limit(MEMORY_LIMIT);
    for _round in bench.rounds(IDLE) {
        round(bench, &mut row).await?;
    }
    Ok(vec![row])
}

/// Measures one start in an empty directory, without an admin, since hashing the password is slow
/// on purpose.
async fn round(bench: &Bench, row: &mut Row) -> Result<(), BenchError> {
    let dir = bench.dir("idle")?;
    let settings = Settings::new(&bench.environment.oms, &dir)
        .with("ADMIN_EMAIL", "")
        .with("ADMIN_PASSWORD", "");
    let started = Instant::now();
    let server = settings.start().await?;
    let response = reqwest::get(format!("{}/health", server.base_url())).await;
    let response = response.and_then(reqwest::Response::error_for_status);
    let took = started.elapsed().as_secs_f64();
    let milliseconds = Some(took * 1_000.0);
    row.measured.push(Load {
        requests: 1,
        rate: 1.0 / took,
        p50: milliseconds,
        p99: milliseconds,
        errors: u64::from(response.is_err()),
    });
    row.record_peak_memory(server.peak_memory());
    server.stop().await?;
    fs::remove_dir_all(&dir).map_err(BenchError::io(dir.display().to_string()))
}
