//! A parser of the Prometheus text exposition format.

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::Client;

/// The response of `/metrics`.
#[derive(Debug)]
pub(crate) struct Metrics {
    text: String,
    samples: Vec<Sample>,
}

/// A sample: the value of one series.
#[derive(Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Metrics {
    /// Reads the metrics of a program.
    pub(crate) async fn scrape(client: &Client) -> Self {
        let response = client.get("/metrics").await;
        response.assert_status(200);
        let lines = response.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let samples = lines.map(Sample::read).collect();
        Self { text: response.text, samples }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The sum of the samples of a metric that have these labels. The metric must exist.
    #[track_caller]
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let mut named = self.samples.iter().filter(|sample| sample.name == name).peekable();
        assert!(named.peek().is_some(), "there is no {name}: {}", self.text);
        named.filter(|sample| sample.has(labels)).map(|sample| sample.value).sum()
    }

    /// The names of all metrics, without the suffixes of histograms.
    pub(super) fn families(&self) -> BTreeSet<String> {
        self.names_after("# TYPE ")
    }

    /// The names of the metrics that have a help text.
    pub(super) fn with_help(&self) -> BTreeSet<String> {
        self.names_after("# HELP ")
    }

    /// Whether there is a sample of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.samples.iter().any(|sample| sample.name == name)
    }

    fn names_after(&self, start: &str) -> BTreeSet<String> {
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
        // No label value of the product contains a quote.
        let mut parts = labels.split('"');
        let mut read = BTreeMap::new();
        while let (Some(label), Some(value)) = (parts.next(), parts.next()) {
            let label = label.trim_start_matches(',').trim_end_matches('=');
            read.insert(label.to_owned(), value.to_owned());
        }
        Self { name: name.to_owned(), labels: read, value: value.parse().expect("a number") }
    }

    fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(label, value)| self.labels.get(*label).is_some_and(|it| it == value))
    }
}
