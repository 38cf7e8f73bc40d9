//! oha sends requests at a fixed rate, whether or not earlier ones have completed (an open loop).
//! The time that a request waits to be sent counts towards its latency.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Load;
use crate::{
    error::BenchError,
    process::{command, run},
};

/// A load that oha sends.
#[derive(Debug, Clone)]
pub(crate) struct Oha {
    program: PathBuf,
    url: String,
    arguments: Vec<String>,
}

impl Oha {
    /// Requests to this URL over this many connections.
    pub(crate) fn new(program: &Path, url: String, connections: u32) -> Self {
        let arguments = vec!["-c".to_owned(), connections.to_string()];
        Self { program: program.to_owned(), url, arguments }
    }

    /// POSTs JSON with this token: a random line of this file each time.
    pub(crate) fn post_lines_of(mut self, file: &Path, token: &str) -> Self {
        let header = format!("Authorization: Bearer {token}");
        let json = "Content-Type: application/json".to_owned();
        let words = ["-m".to_owned(), "POST".to_owned(), "-H".to_owned(), header, "-H".to_owned()];
        self.arguments.extend(words);
        self.arguments.extend([json, "-Z".to_owned(), file.display().to_string()]);
        self
    }

    /// Sends this many requests a second. Without a rate, each connection sends its next request
    /// after the response to the last.
    pub(crate) fn rate(mut self, rate: u32) -> Self {
        self.arguments.extend(["-q".to_owned(), rate.to_string()]);
        self.arguments.push("--latency-correction".to_owned());
        self
    }

    /// Sends the load for this many seconds and waits for the responses in flight.
    pub(crate) async fn run(&self, seconds: u32) -> Result<Load, BenchError> {
        let mut oha = command(&self.program);
        oha.args(["--no-tui", "--output-format", "json", "--wait-ongoing-requests-after-deadline"]);
        oha.arg("-z").arg(format!("{seconds}s")).args(&self.arguments).arg(&self.url);
        parse(&run(oha).await?)
    }
}

fn parse(output: &str) -> Result<Load, BenchError> {
    let report: Value = serde_json::from_str(output).map_err(|error| {
        BenchError::Unexpected(format!("unexpected output of oha ({error}): {output}"))
    })?;
    let load = || {
        let milliseconds = |percentile: &str| {
            report.pointer(&format!("/latencyPercentiles/{percentile}"))?.as_f64().map(|s| s * 1e3)
        };
        let counts = |part: &str| {
            let counts = report.get(part)?.as_object()?;
            Some(counts.iter().filter_map(|(what, count)| Some((what.as_str(), count.as_u64()?))))
        };
        let responses = counts("statusCodeDistribution")?;
        let (successes, failures): (Vec<_>, Vec<_>) =
            responses.partition(|(status, _)| status.starts_with('2'));
        // Requests that are aborted at the end do not count as errors.
        let broken = counts("errorDistribution")?
            .filter(|(error, _count)| !error.contains("deadline"))
            .map(|(_error, count)| count);
        let total =
            |counts: &[(&str, u64)]| counts.iter().map(|(_status, count)| count).sum::<u64>();
        Some(Load {
            requests: total(&successes) + total(&failures),
            rate: report.pointer("/summary/requestsPerSec")?.as_f64()?,
            p50: milliseconds("p50"),
            p99: milliseconds("p99"),
            errors: total(&failures) + broken.sum::<u64>(),
        })
    };
    load().ok_or_else(|| BenchError::Unexpected(format!("unexpected output of oha: {output}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_the_percentiles_and_the_errors_are_parsed() {
        let output = r#"{
            "summary": {"successRate": 1.0, "total": 4.0, "requestsPerSec": 1000.5},
            "latencyPercentiles": {"p10": 0.001, "p50": 0.002, "p99": 0.0105, "p99.9": 0.1},
            "statusCodeDistribution": {"201": 3990, "409": 7, "503": 3},
            "errorDistribution": {"connection refused": 2, "aborted due to deadline": 64}
        }"#;
        let load = parse(output).unwrap();
        assert_eq!((load.requests, load.errors), (4000, 12));
        assert_eq!((load.p50, load.p99), (Some(2.0), Some(10.5)));
        assert!((load.rate - 1000.5).abs() < 1e-9, "{load:?}");
    }

    #[test]
    fn an_output_that_is_no_report_is_an_error() {
        parse("Error: no such host").unwrap_err();
        parse("{}").unwrap_err();
    }
}
