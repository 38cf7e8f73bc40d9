//! That what is asked for is there: alerts and dashboards ask for numbers by name, and nothing tells them of a
//! mistake.

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

/// What is there only beside Redis.
const WITH_REDIS: &str = "oms_redis_up";

/// The names of numbers in a text: ours, and those of a process.
fn names(text: &str) -> BTreeSet<&str> {
    let of_a_name = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    let words = text.split(|letter| !of_a_name(letter));
    let ours = |word: &&str| {
        let rest = word.strip_prefix("oms_").or_else(|| word.strip_prefix("process_"));
        // A name that ends like that stands for several.
        rest.is_some_and(|rest| !rest.is_empty() && !rest.ends_with('_'))
    };
    words.filter(ours).collect()
}

/// Nobody has asked anything of it yet.
async fn untouched(store: Store) -> Metrics {
    let server = Server::configure_on(store).start();
    Metrics::scrape(&server.anonymous()).await
}

#[tokio::test]
async fn alerts_and_dashboards_ask_only_for_what_a_server_tells_from_its_start() {
    let metrics = untouched(Store::on_postgres()).await;
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
async fn every_number_is_explained_and_listed_and_nothing_else_is_listed() {
    let metrics = untouched(Store::on_postgres()).await;
    assert_eq!(metrics.families(), metrics.explained());
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
async fn an_embedded_database_makes_no_difference_but_that_there_is_no_redis() {
    let mut with_redis = untouched(Store::on_postgres()).await.families();
    let without = untouched(Store::on_sqlite()).await.families();
    assert!(with_redis.remove(WITH_REDIS));
    assert_eq!(without, with_redis);
}
