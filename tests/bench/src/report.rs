//! The report as JSON: every round of every row, and where and with what it was measured.

use std::path::Path;

use serde_json::{Value, json};

use crate::{cli::Tools, failure::Failure, machine, row::Row};

pub(crate) async fn write(file: &Path, tools: &Tools, rows: &[Row]) -> Result<(), Failure> {
    let report = json!({
        "command": std::env::args().skip(1).collect::<Vec<_>>(),
        "commit": machine::commit().await,
        "machine": machine::describe(&tools.run),
        "versions": machine::versions(tools).await,
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
    });
    let text = serde_json::to_string_pretty(&report)
        .map_err(|error| Failure::Unexpected(format!("no JSON: {error}")))?;
    std::fs::write(file, text + "\n").map_err(Failure::io(file.display().to_string()))
}

fn row(row: &Row) -> Value {
    json!({
        "scenario": row.name,
        "requests_per_second": row.median(|load| Some(load.rate)),
        "p50_ms": row.median(|load| load.p50),
        "p99_ms": row.median(|load| load.p99),
        "errors": row.errors(),
        "against": row.against,
        "figure": row.yardstick_figure(),
        "ratio": row.ratio(),
        "ratio_of_rounds": row.spread(),
        "wanted": row.wanted,
        "verdict": row.verdict(),
        "peak_memory_bytes": row.memory,
        "faults": row.faults,
        "rounds": {"subject": row.subject, "yardstick": row.yardstick},
        "details": row.details,
    })
}
