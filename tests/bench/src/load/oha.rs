//! oha: requests at a fixed rate, whether or not the earlier ones are answered (an open loop). What a request waits for
//! its turn counts as its latency.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Load;
use crate::{
    failure::Failure,
    process::{command, run},
};

/// A load that oha can send.
#[derive(Debug, Clone)]
pub(crate) struct Oha {
    program: PathBuf,
    url: String,
    arguments: Vec<String>,
}

impl Oha {
    /// Requests of this URL over so many connections.
    pub(crate) fn new(program: &Path, url: String, connections: u32) -> Self {
        let arguments = vec!["-c".to_owned(), connections.to_string()];
        Self { program: program.to_owned(), url, arguments }
    }

    /// POSTs JSON as this caller: each time one line of this file, at random.
    pub(crate) fn post_lines_of(mut self, file: &Path, token: &str) -> Self {
        let header = format!("Authorization: Bearer {token}");
        let json = "Content-Type: application/json".to_owned();
        let words = ["-m".to_owned(), "POST".to_owned(), "-H".to_owned(), header, "-H".to_owned()];
        self.arguments.extend(words);
        self.arguments.extend([json, "-Z".to_owned(), file.display().to_string()]);
        self
    }

    /// So many a second. Without this, each connection sends the next request when it has the answer to the last.
    pub(crate) fn rate(mut self, rate: u32) -> Self {
        self.arguments.extend(["-q".to_owned(), rate.to_string()]);
        self.arguments.push("--latency-correction".to_owned());
        self
    }

    /// Sends the load for so many seconds, and waits for the answers to what was sent.
    pub(crate) async fn run(&self, seconds: u32) -> Result<Load, Failure> {
        let mut oha = command(&self.program);
        oha.args(["--no-tui", "--output-format", "json", "--wait-ongoing-requests-after-deadline"]);
        oha.arg("-z").arg(format!("{seconds}s")).args(&self.arguments).arg(&self.url);
        parse(&run(oha).await?)
    }
}

fn parse(said: &str) -> Result<Load, Failure> {
    let report: Value = serde_json::from_str(said).map_err(|error| {
        Failure::Unexpected(format!("oha says something else ({error}): {said}"))
    })?;
    let load = || {
        let milliseconds = |percentile: &str| {
            report.pointer(&format!("/latencyPercentiles/{percentile}"))?.as_f64().map(|s| s * 1e3)
        };
        let counted = |part: &str| {
            let counts = report.get(part)?.as_object()?;
            Some(counts.iter().filter_map(|(what, count)| Some((what.as_str(), count.as_u64()?))))
        };
        let answered = counted("statusCodeDistribution")?;
        let (good, bad): (Vec<_>, Vec<_>) =
            answered.partition(|(status, _)| status.starts_with('2'));
        // What is cut off at the end was sent and not waited for: no failure of the server's.
        let broken = counted("errorDistribution")?
            .filter(|(why, _count)| !why.contains("deadline"))
            .map(|(_why, count)| count);
        let total =
            |counts: &[(&str, u64)]| counts.iter().map(|(_status, count)| count).sum::<u64>();
        Some(Load {
            requests: total(&good) + total(&bad),
            rate: report.pointer("/summary/requestsPerSec")?.as_f64()?,
            p50: milliseconds("p50"),
            p99: milliseconds("p99"),
            errors: total(&bad) + broken.sum::<u64>(),
        })
    };
    load().ok_or_else(|| Failure::Unexpected(format!("oha says something else: {said}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_the_percentiles_and_what_failed_are_read() {
        let said = r#"{
            "summary": {"successRate": 1.0, "total": 4.0, "requestsPerSec": 1000.5},
            "latencyPercentiles": {"p10": 0.001, "p50": 0.002, "p99": 0.0105, "p99.9": 0.1},
            "statusCodeDistribution": {"201": 3990, "409": 7, "503": 3},
            "errorDistribution": {"connection refused": 2, "aborted due to deadline": 64}
        }"#;
        let load = parse(said).unwrap();
        assert_eq!((load.requests, load.errors), (4000, 12));
        assert_eq!((load.p50, load.p99), (Some(2.0), Some(10.5)));
        assert!((load.rate - 1000.5).abs() < 1e-9, "{load:?}");
    }

    #[test]
    fn an_output_that_is_no_report_is_a_failure() {
        parse("Error: no such host").unwrap_err();
        parse("{}").unwrap_err();
    }
}
