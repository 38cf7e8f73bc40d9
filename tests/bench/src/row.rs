//! A row of the table: the measurements of the server and of the baseline, and the target.

use serde::Serialize;
use serde_json::Value;

use crate::{
    load::Load,
    statistics::{median, spread},
};

/// The target of a row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    /// The server's rate is at least this multiple of the baseline's.
    RateAtLeast(f64),
    /// The server's 99th percentile is at most this multiple of the baseline's.
    P99AtMost(f64),
    /// The server's 99th percentile is at most this many milliseconds.
    P99Below(f64),
    /// No target: the row is informational.
    Nothing,
}

/// The result of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowResult {
    Ok,
    /// The target is missed, or there was an error.
    Missed,
    /// There is no target, and there was no error.
    #[serde(rename = "known")]
    Informational,
}

/// The measurements of a scenario.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// The measurements of the server, one for each round.
    pub(crate) measured: Vec<Load>,
    /// The name of the baseline.
    pub(crate) baseline_name: &'static str,
    /// The measurements of the baseline, one for each round. Empty if there is none.
    pub(crate) baseline: Vec<Load>,
    pub(crate) target: Target,
    /// The peak resident memory of the server in bytes. Absent if it was not measured.
    pub(crate) memory: Option<u64>,
    /// The limit of the peak memory in bytes.
    pub(crate) memory_limit: u64,
    /// Problems other than failed requests, as text: missing orders, violated invariants.
    pub(crate) problems: Vec<String>,
    /// Further details for the report.
    pub(crate) details: Value,
}

/// The default limit of the peak memory in bytes.
const MEMORY_LIMIT: u64 = 150_000_000;

impl Row {
    pub(crate) fn new(name: &'static str, baseline_name: &'static str, target: Target) -> Self {
        Self {
            name,
            measured: Vec::new(),
            baseline_name,
            baseline: Vec::new(),
            target,
            memory: None,
            memory_limit: MEMORY_LIMIT,
            problems: Vec::new(),
            details: Value::Null,
        }
    }

    /// Sets the limit of the peak memory in bytes.
    pub(crate) fn with_memory_limit(self, bytes: u64) -> Self {
        Self { memory_limit: bytes, ..self }
    }

    /// Records a peak memory of the server; the greatest counts.
    pub(crate) fn record_peak_memory(&mut self, bytes: Option<u64>) {
        self.memory = self.memory.max(bytes);
    }

    /// The ratio of the medians: of rates, or of 99th percentiles where those are compared. `None`
    /// without a baseline.
    pub(crate) fn ratio(&self) -> Option<f64> {
        let measured = median(self.measured.iter().filter_map(|load| self.compared_figure(load)))?;
        let baseline = median(self.baseline.iter().filter_map(|load| self.compared_figure(load)))?;
        Some(measured / baseline)
    }

    /// The least and the greatest ratio of all rounds.
    pub(crate) fn spread(&self) -> Option<(f64, f64)> {
        let rounds = self.measured.iter().zip(&self.baseline);
        spread(rounds.filter_map(|(measured, baseline)| {
            Some(self.compared_figure(measured)? / self.compared_figure(baseline)?)
        }))
    }

    fn compared_figure(&self, load: &Load) -> Option<f64> {
        match self.target {
            Target::RateAtLeast(_) | Target::Nothing => Some(load.rate),
            Target::P99AtMost(_) | Target::P99Below(_) => load.p99,
        }
    }

    /// The baseline's figure: a rate, or a 99th percentile in milliseconds.
    pub(crate) fn baseline_figure(&self) -> Option<f64> {
        median(self.baseline.iter().filter_map(|load| self.compared_figure(load)))
    }

    /// The number of failed requests of the server in all rounds.
    pub(crate) fn errors(&self) -> u64 {
        self.measured.iter().map(|load| load.errors).sum()
    }

    /// The median of a figure over the rounds of the server.
    pub(crate) fn median(&self, of: impl Fn(&Load) -> Option<f64>) -> Option<f64> {
        median(self.measured.iter().filter_map(of))
    }

    /// Whether the server used more memory than its limit.
    pub(crate) fn exceeds_memory_limit(&self) -> bool {
        self.memory.is_some_and(|bytes| bytes > self.memory_limit)
    }

    /// The result. A row with errors, of the server or the baseline, misses its target.
    pub(crate) fn result(&self) -> RowResult {
        let has_errors = self.errors() > 0
            || self.baseline.iter().any(|load| load.errors > 0)
            || !self.problems.is_empty()
            || self.exceeds_memory_limit();
        let reached = match self.target {
            Target::RateAtLeast(limit) => self.ratio().is_some_and(|ratio| ratio >= limit),
            Target::P99AtMost(limit) => self.ratio().is_some_and(|ratio| ratio <= limit),
            Target::P99Below(limit) => self.median(|load| load.p99).is_some_and(|p99| p99 <= limit),
            Target::Nothing if has_errors => false,
            Target::Nothing => return RowResult::Informational,
        };
        if reached && !has_errors { RowResult::Ok } else { RowResult::Missed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(rate: f64, p99: f64) -> Load {
        Load { requests: 1, rate, p50: Some(1.0), p99: Some(p99), errors: 0 }
    }

    fn row(target: Target) -> Row {
        let mut row = Row::new("row", "other", target);
        row.measured = vec![load(300.0, 4.0), load(100.0, 5.0), load(200.0, 6.0)];
        row.baseline = vec![load(100.0, 1.0), load(100.0, 2.0), load(400.0, 3.0)];
        row
    }

    #[test]
    fn the_ratio_is_of_the_medians_and_the_spread_of_the_rounds() {
        let row = row(Target::RateAtLeast(2.0));
        assert_eq!(row.ratio(), Some(2.0));
        assert_eq!(row.spread(), Some((0.5, 3.0)));
        assert_eq!(row.result(), RowResult::Ok);
    }

    #[test]
    fn a_latency_is_compared_by_its_99th_percentile() {
        assert_eq!(row(Target::P99AtMost(2.5)).ratio(), Some(2.5));
        assert_eq!(row(Target::P99AtMost(2.5)).result(), RowResult::Ok);
        assert_eq!(row(Target::P99AtMost(2.4)).result(), RowResult::Missed);
        assert_eq!(row(Target::P99Below(5.0)).result(), RowResult::Ok);
        assert_eq!(row(Target::P99Below(4.9)).result(), RowResult::Missed);
    }

    #[test]
    fn a_row_with_an_error_misses_its_target() {
        let mut failed = row(Target::RateAtLeast(0.1));
        failed.measured[1].errors = 1;
        assert_eq!(failed.result(), RowResult::Missed);
        let mut failed = row(Target::Nothing);
        assert_eq!(failed.result(), RowResult::Informational);
        failed.problems.push("an invariant is violated".to_owned());
        assert_eq!(failed.result(), RowResult::Missed);
    }

    #[test]
    fn a_row_above_the_memory_limit_misses_its_target() {
        let mut large = row(Target::RateAtLeast(0.1));
        large.record_peak_memory(Some(MEMORY_LIMIT + 1));
        large.record_peak_memory(Some(1));
        assert_eq!(large.result(), RowResult::Missed);
    }

    #[test]
    fn a_row_without_a_baseline_misses_its_target() {
        let mut row = row(Target::RateAtLeast(0.0));
        row.baseline.clear();
        assert_eq!(row.result(), RowResult::Missed);
    }
}
