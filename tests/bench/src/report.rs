//! The report as JSON: every round of every row, the machine, and the versions of the programs.

use std::path::Path;

use serde_json::{Value, json};

use crate::{cli::Environment, error::BenchError, machine, row::Row};

pub(crate) async fn write(
    file: &Path,
    environment: &Environment,
    rows: &[Row],
) -> Result<(), BenchError> {
    let report = json!({
        "command": std::env::args().skip(1).collect::<Vec<_>>(),
        "commit": machine::commit().await,
        "machine": machine::describe(&environment.run_dir),
        "versions": machine::versions(environment).await,
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
    });
    let text = serde_json::to_string_pretty(&report)
        .map_err(|error| BenchError::Unexpected(format!("cannot serialize: {error}")))?;
    std::fs::write(file, text + "\n").map_err(BenchError::io(file.display().to_string()))
}

fn row(row: &Row) -> Value {
    json!({
        "scenario": row.name,
        "requests_per_second": row.median(|load| Some(load.rate)),
        "p50_ms": row.median(|load| load.p50),
        "p99_ms": row.median(|load| load.p99),
        "errors": row.errors(),
        "against": row.baseline_name,
        "figure": row.baseline_figure(),
        "ratio": row.ratio(),
        "ratio_of_rounds": row.spread(),
        "wanted": row.target,
        "verdict": row.result(),
        "peak_memory_bytes": row.memory,
        "faults": row.problems,
        "rounds": {"subject": row.measured, "yardstick": row.baseline},
        "details": row.details,
    })
}
