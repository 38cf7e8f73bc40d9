//! Reads Prometheus' text format.

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::Client;

/// What `/metrics` tells.
#[derive(Debug)]
pub(crate) struct Metrics {
    text: String,
    samples: Vec<Sample>,
}

/// A number of it.
#[derive(Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Metrics {
    /// Asks a program for them, as somebody on this machine.
    pub(crate) async fn of(client: &Client) -> Self {
        let response = client.get("/metrics").await;
        response.assert_status(200);
        let lines = response.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let samples = lines.map(Sample::read).collect();
        Self { text: response.text, samples }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The sum of all samples of that name that have these labels, which must exist.
    #[track_caller]
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let mut named = self.samples.iter().filter(|sample| sample.name == name).peekable();
        assert!(named.peek().is_some(), "there is no {name}: {}", self.text);
        named.filter(|sample| sample.has(labels)).map(|sample| sample.value).sum()
    }

    /// The names of all that is told, without what histograms put behind theirs.
    pub(super) fn families(&self) -> BTreeSet<String> {
        self.after("# TYPE ")
    }

    /// The names of all that is explained.
    pub(super) fn explained(&self) -> BTreeSet<String> {
        self.after("# HELP ")
    }

    /// Whether a query for that name finds something.
    pub(super) fn has(&self, name: &str) -> bool {
        self.samples.iter().any(|sample| sample.name == name)
    }

    fn after(&self, start: &str) -> BTreeSet<String> {
        let lines = self.text.lines().filter_map(|line| line.strip_prefix(start));
        lines.filter_map(|rest| rest.split(' ').next()).map(str::to_owned).collect()
    }
}

impl Sample {
    fn read(line: &str) -> Self {
        let (series, value) = line.rsplit_once(' ').expect("a name and a value");
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').expect("labels")),
            None => (series, ""),
        };
        // No value of ours has a quote in it.
        let mut pieces = labels.split('"');
        let mut read = BTreeMap::new();
        while let (Some(label), Some(value)) = (pieces.next(), pieces.next()) {
            let label = label.trim_start_matches(',').trim_end_matches('=');
            read.insert(label.to_owned(), value.to_owned());
        }
        Self { name: name.to_owned(), labels: read, value: value.parse().expect("a number") }
    }

    fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(label, value)| self.labels.get(*label).is_some_and(|it| it == value))
    }
}
