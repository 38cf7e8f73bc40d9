//! wrk: connections that each send the next request after the response to the last (a closed loop).

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Load;
use crate::{
    error::BenchError,
    process::{command, run},
};

/// A load that wrk sends.
#[derive(Debug, Clone)]
pub(crate) struct Wrk {
    program: PathBuf,
    scripts: PathBuf,
    url: String,
    script: &'static str,
    arguments: Vec<String>,
    connections: u32,
}

impl Wrk {
    /// GETs this URL over 64 connections.
    pub(crate) fn get(program: &Path, scripts: &Path, url: String) -> Self {
        Self {
            program: program.to_owned(),
            scripts: scripts.to_owned(),
            url,
            script: "report.lua",
            arguments: Vec::new(),
            connections: 64,
        }
    }

    /// Sends the requests of this script with these arguments.
    pub(crate) fn script(self, script: &'static str, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().copied().map(str::to_owned).collect();
        Self { script, arguments, ..self }
    }

    pub(crate) fn connections(self, connections: u32) -> Self {
        Self { connections, ..self }
    }

    /// Sends the load for this many seconds.
    pub(crate) async fn run(&self, seconds: u32) -> Result<Load, BenchError> {
        let mut wrk = command(&self.program);
        let threads = self.connections.min(2);
        wrk.arg("-t").arg(threads.to_string()).arg("-c").arg(self.connections.to_string());
        wrk.arg("-d").arg(format!("{seconds}s")).args(["--latency", "--timeout", "10s", "-s"]);
        wrk.arg(self.scripts.join(self.script)).arg(&self.url).arg("--").args(&self.arguments);
        wrk.env("BENCH_LOAD", &self.scripts);
        parse(&run(wrk).await?)
    }
}

/// The line that `report.lua` prints. Times are in microseconds.
#[derive(Deserialize)]
struct Report {
    requests: u32,
    duration: u32,
    p50: u32,
    p99: u32,
    refused: u64,
    broken: u64,
}

fn parse(output: &str) -> Result<Load, BenchError> {
    let line = output.lines().find_map(|line| line.strip_prefix("wrk-result "));
    let report: Report = line
        .and_then(|line| serde_json::from_str(line).ok())
        .ok_or_else(|| BenchError::Unexpected(format!("unexpected output of wrk: {output}")))?;
    Ok(Load {
        requests: u64::from(report.requests),
        rate: f64::from(report.requests) / (f64::from(report.duration) / 1e6),
        p50: Some(f64::from(report.p50) / 1e3),
        p99: Some(f64::from(report.p99) / 1e3),
        errors: report.refused + report.broken,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_line_of_a_script_is_parsed() {
        let output = "Process 4s test @ http://127.0.0.1:1/\n  Requests/sec: 5\n\
            wrk-result {\"requests\":2000,\"duration\":4000000,\"p50\":1500,\"p99\":2500,\
            \"refused\":3,\"broken\":4}\n";
        let load = parse(output).unwrap();
        assert_eq!((load.requests, load.errors), (2000, 7));
        assert_eq!((load.p50, load.p99), (Some(1.5), Some(2.5)));
        assert!((load.rate - 500.0).abs() < 1e-9, "{load:?}");
    }

    #[test]
    fn an_output_without_a_result_is_an_error() {
        parse("unable to connect to 127.0.0.1:1 Connection refused\n").unwrap_err();
    }
}
