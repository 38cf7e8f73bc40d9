//! A row of the table: a subject beside its yardstick, and what was wanted.

use serde::Serialize;
use serde_json::Value;

use crate::{
    load::Load,
    statistics::{median, spread},
};

/// What a row is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wanted {
    /// The subject's rate is at least so many times the yardstick's.
    RateAtLeast(f64),
    /// The subject's 99th percentile is at most so many times the yardstick's.
    P99AtMost(f64),
    /// The subject's 99th percentile is at most so many milliseconds.
    P99Below(f64),
    /// Nothing: the row is there to be known.
    Nothing,
}

/// How a row came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Ok,
    /// It is not, or something went wrong on the way.
    Missed,
    /// Nothing was wanted, and nothing went wrong.
    Known,
}

/// One scenario's outcome.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) subject: Vec<Load>,
    /// What the yardstick is, in a word.
    pub(crate) against: &'static str,
    /// The yardstick, round by round. Empty if there is none.
    pub(crate) yardstick: Vec<Load>,
    pub(crate) wanted: Wanted,
    /// The most memory that the subject's process has had, in bytes.
    pub(crate) memory: Option<u64>,
    /// How much it may have, in bytes.
    pub(crate) memory_limit: u64,
    /// What went wrong, for people: errors in answers, books that do not balance.
    pub(crate) faults: Vec<String>,
    /// What else is worth keeping in the report.
    pub(crate) details: Value,
}

/// How much memory the server may take, unless a scenario says otherwise.
const MEMORY: u64 = 150_000_000;

impl Row {
    pub(crate) fn new(name: &'static str, against: &'static str, wanted: Wanted) -> Self {
        Self {
            name,
            subject: Vec::new(),
            against,
            yardstick: Vec::new(),
            wanted,
            memory: None,
            memory_limit: MEMORY,
            faults: Vec::new(),
            details: Value::Null,
        }
    }

    /// The same, whose server may take so many bytes of memory.
    pub(crate) fn with_memory_of(self, bytes: u64) -> Self {
        Self { memory_limit: bytes, ..self }
    }

    /// Takes note of what the subject's process has had at most.
    pub(crate) fn remember_memory(&mut self, bytes: Option<u64>) {
        self.memory = self.memory.max(bytes);
    }

    /// The ratio of the medians: of rates, or of 99th percentiles where those are compared. `None` without a yardstick.
    pub(crate) fn ratio(&self) -> Option<f64> {
        let subject = median(self.subject.iter().filter_map(|load| self.compared(load)))?;
        let yardstick = median(self.yardstick.iter().filter_map(|load| self.compared(load)))?;
        Some(subject / yardstick)
    }

    /// The least and the greatest ratio of a round.
    pub(crate) fn spread(&self) -> Option<(f64, f64)> {
        let rounds = self.subject.iter().zip(&self.yardstick);
        spread(rounds.filter_map(|(subject, yardstick)| {
            Some(self.compared(subject)? / self.compared(yardstick)?)
        }))
    }

    fn compared(&self, load: &Load) -> Option<f64> {
        match self.wanted {
            Wanted::RateAtLeast(_) | Wanted::Nothing => Some(load.rate),
            Wanted::P99AtMost(_) | Wanted::P99Below(_) => load.p99,
        }
    }

    /// The yardstick's figure: a rate, or the milliseconds of a 99th percentile.
    pub(crate) fn yardstick_figure(&self) -> Option<f64> {
        median(self.yardstick.iter().filter_map(|load| self.compared(load)))
    }

    /// Answers of the subject that were no success, in all rounds.
    pub(crate) fn errors(&self) -> u64 {
        self.subject.iter().map(|load| load.errors).sum()
    }

    /// The median of something over the subject's rounds.
    pub(crate) fn median(&self, of: impl Fn(&Load) -> Option<f64>) -> Option<f64> {
        median(self.subject.iter().filter_map(of))
    }

    /// Whether the server took more memory than it may.
    pub(crate) fn is_fat(&self) -> bool {
        self.memory.is_some_and(|bytes| bytes > self.memory_limit)
    }

    /// How it came out. A row with errors, of either side, is never as wanted.
    pub(crate) fn verdict(&self) -> Verdict {
        let broken = self.errors() > 0
            || self.yardstick.iter().any(|load| load.errors > 0)
            || !self.faults.is_empty()
            || self.is_fat();
        let reached = match self.wanted {
            Wanted::RateAtLeast(wanted) => self.ratio().is_some_and(|ratio| ratio >= wanted),
            Wanted::P99AtMost(wanted) => self.ratio().is_some_and(|ratio| ratio <= wanted),
            Wanted::P99Below(wanted) => {
                self.median(|load| load.p99).is_some_and(|p99| p99 <= wanted)
            }
            Wanted::Nothing if broken => false,
            Wanted::Nothing => return Verdict::Known,
        };
        if reached && !broken { Verdict::Ok } else { Verdict::Missed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(rate: f64, p99: f64) -> Load {
        Load { requests: 1, rate, p50: Some(1.0), p99: Some(p99), errors: 0 }
    }

    fn row(wanted: Wanted) -> Row {
        let mut row = Row::new("row", "other", wanted);
        row.subject = vec![load(300.0, 4.0), load(100.0, 5.0), load(200.0, 6.0)];
        row.yardstick = vec![load(100.0, 1.0), load(100.0, 2.0), load(400.0, 3.0)];
        row
    }

    #[test]
    fn the_ratio_is_of_the_medians_and_the_spread_of_the_rounds() {
        let row = row(Wanted::RateAtLeast(2.0));
        assert_eq!(row.ratio(), Some(2.0));
        assert_eq!(row.spread(), Some((0.5, 3.0)));
        assert_eq!(row.verdict(), Verdict::Ok);
    }

    #[test]
    fn a_latency_is_compared_by_its_99th_percentile() {
        assert_eq!(row(Wanted::P99AtMost(2.5)).ratio(), Some(2.5));
        assert_eq!(row(Wanted::P99AtMost(2.5)).verdict(), Verdict::Ok);
        assert_eq!(row(Wanted::P99AtMost(2.4)).verdict(), Verdict::Missed);
        assert_eq!(row(Wanted::P99Below(5.0)).verdict(), Verdict::Ok);
        assert_eq!(row(Wanted::P99Below(4.9)).verdict(), Verdict::Missed);
    }

    #[test]
    fn one_error_is_a_miss_however_fast_the_rest_was() {
        let mut broken = row(Wanted::RateAtLeast(0.1));
        broken.subject[1].errors = 1;
        assert_eq!(broken.verdict(), Verdict::Missed);
        let mut broken = row(Wanted::Nothing);
        assert_eq!(broken.verdict(), Verdict::Known);
        broken.faults.push("the books do not balance".to_owned());
        assert_eq!(broken.verdict(), Verdict::Missed);
    }

    #[test]
    fn too_much_memory_is_a_miss() {
        let mut fat = row(Wanted::RateAtLeast(0.1));
        fat.remember_memory(Some(MEMORY + 1));
        fat.remember_memory(Some(1));
        assert_eq!(fat.verdict(), Verdict::Missed);
    }

    #[test]
    fn without_a_yardstick_nothing_is_reached() {
        let mut alone = row(Wanted::RateAtLeast(0.0));
        alone.yardstick.clear();
        assert_eq!(alone.verdict(), Verdict::Missed);
    }
}
