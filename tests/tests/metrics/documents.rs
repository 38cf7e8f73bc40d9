//! Alerts, dashboards and the documentation name metrics that exist: Prometheus reports no error
//! for a name that does not.

use std::collections::BTreeSet;

use super::exposition::Metrics;
use crate::harness::{Server, Store};

const ALERTS: &str = include_str!("../../../deploy/prometheus/alerts.yml");
const ALERT_TESTS: &str = concat!(
    include_str!("../../../deploy/prometheus/alerts.test.yml"),
    include_str!("../../../deploy/prometheus/alerts-by-week.test.yml"),
);
const DASHBOARD: &str = include_str!("../../../deploy/grafana/dashboards/oms.json");
const README: &str = include_str!("../../../deploy/prometheus/README.md");

/// The only metric that needs Redis.
const REDIS_METRICS: [&str; 2] = ["oms_redis_up", "oms_event_stream_trimmed_total"];

/// The names of metrics in a text: those of the product (`oms_`) and of its process.
fn names(text: &str) -> BTreeSet<&str> {
    let is_name_character = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    let words = text.split(|letter| !is_name_character(letter));
    let is_metric = |word: &&str| {
        let rest = word.strip_prefix("oms_").or_else(|| word.strip_prefix("process_"));
        // A prefix such as `oms_http_` means several metrics.
        rest.is_some_and(|rest| !rest.is_empty() && !rest.ends_with('_'))
    };
    words.filter(is_metric).collect()
}

/// The metrics of a new server that has served no request.
async fn initial_metrics(store: Store) -> Metrics {
    let server = Server::configure_on(store).start();
    Metrics::scrape(&server.anonymous()).await
}

#[tokio::test]
async fn alerts_and_dashboards_query_only_metrics_that_exist_from_the_start() {
    let metrics = initial_metrics(Store::on_postgres()).await;
    for (document, text) in
        [("alerts", ALERTS), ("their tests", ALERT_TESTS), ("the dashboard", DASHBOARD)]
    {
        let names = names(text);
        assert!(names.len() > 5, "{document}: {names:?}");
        for name in names {
            assert!(metrics.has(name), "{document}: there is no {name}");
        }
    }
}

#[tokio::test]
async fn every_metric_has_a_help_text_and_is_documented_and_no_other_is() {
    let metrics = initial_metrics(Store::on_postgres()).await;
    assert_eq!(metrics.families(), metrics.with_help());
    let families: BTreeSet<_> =
        metrics.families().into_iter().filter(|name| name.starts_with("oms_")).collect();
    let rows = README.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed =
        rows.filter_map(|row| row.split('`').next()).filter(|name| name.starts_with("oms_"));
    assert_eq!(listed.map(str::to_owned).collect::<BTreeSet<_>>(), families);
    for name in names(README) {
        assert!(metrics.families().contains(name), "there is no {name}");
    }
}

#[tokio::test]
async fn sqlite_has_the_same_metrics_as_postgresql_except_for_redis() {
    let mut with_redis = initial_metrics(Store::on_postgres()).await.families();
    let without = initial_metrics(Store::on_sqlite()).await.families();
    for name in REDIS_METRICS {
        assert!(with_redis.remove(name), "{name}");
    }
    assert_eq!(without, with_redis);
}
