//! What each number means: the one table of them all. `deploy/prometheus/README.md` tells operators the same.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusRecorder};

struct Family {
    name: &'static str,
    kind: Kind,
    help: &'static str,
}

enum Kind {
    Counter,
    Gauge(Unit),
    /// It is many, sorted into buckets with these upper bounds.
    Histogram(Unit, &'static [f64]),
}

/// Seconds that somebody waits for an answer: from half a millisecond to the longest that anybody would.
const LATENCY: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Seconds for a connection, which is there at once unless something is wrong.
const WAIT: &[f64] = &[0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Seconds for a delivery: a mail server may take its time.
const DELIVERY: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0];
/// Orders that are placed together.
const BATCH: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

const FAMILIES: &[Family] = &[
    gauge("oms_build_info", Unit::Count, "Always 1; the labels say which program this is"),
    counter("oms_http_requests_total", "Requests answered, by the pattern of their route"),
    histogram(
        "oms_http_request_duration_seconds",
        (Unit::Seconds, LATENCY),
        "Time from a request's head to its answer",
    ),
    gauge("oms_http_requests_in_flight", Unit::Count, "Requests that are not answered yet"),
    counter("oms_http_problems_total", "Requests refused or failed, by the code of the problem"),
    counter("oms_orders_placed_total", "Orders placed"),
    counter("oms_orders_refused_total", "Orders not placed, by the reason"),
    counter("oms_order_status_changes_total", "Orders moved along, cancelled or deleted"),
    histogram("oms_placement_batch_size", (Unit::Count, BATCH), "Orders placed in one transaction"),
    gauge("oms_placement_queue_length", Unit::Count, "Requests whose orders wait to be placed"),
    gauge("oms_db_pool_connections", Unit::Count, "Open connections to the database, by their use"),
    gauge("oms_db_pool_waiting", Unit::Count, "Pieces of work that wait for a connection"),
    histogram(
        "oms_db_pool_wait_seconds",
        (Unit::Seconds, WAIT),
        "Time a piece of work waited for a connection, making one included",
    ),
    counter("oms_product_cache_requests_total", "Lookups of products and of pages of them"),
    gauge("oms_redis_up", Unit::Count, "1 if Redis is there, 0 if the program goes on without it"),
    gauge("oms_outbox_waiting", Unit::Count, "Messages neither delivered nor given up"),
    gauge("oms_outbox_dead", Unit::Count, "Messages given up"),
    gauge("oms_outbox_oldest_seconds", Unit::Seconds, "Age of the oldest message that waits"),
    counter("oms_outbox_deliveries_total", "Attempts to deliver a message on a channel"),
    histogram(
        "oms_outbox_delivery_duration_seconds",
        (Unit::Seconds, DELIVERY),
        "Time an attempt to deliver a message took",
    ),
];

const fn counter(name: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Counter, help }
}

const fn gauge(name: &'static str, unit: Unit, help: &'static str) -> Family {
    Family { name, kind: Kind::Gauge(unit), help }
}

const fn histogram(
    name: &'static str,
    (unit, buckets): (Unit, &'static [f64]),
    help: &'static str,
) -> Family {
    Family { name, kind: Kind::Histogram(unit, buckets), help }
}

/// Who tells numbers to Prometheus, each histogram in its buckets.
pub(super) fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for family in FAMILIES {
        if let Kind::Histogram(_, buckets) = family.kind {
            let name = Matcher::Full(family.name.to_owned());
            builder = builder.set_buckets_for_metric(name, buckets)?;
        }
    }
    Ok(builder.build_recorder())
}

pub(super) fn describe() {
    for Family { name, kind, help } in FAMILIES {
        match *kind {
            Kind::Counter => describe_counter!(*name, Unit::Count, *help),
            Kind::Gauge(unit) => describe_gauge!(*name, unit, *help),
            Kind::Histogram(unit, _) => describe_histogram!(*name, unit, *help),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_their_unit_and_whether_they_only_grow() {
        for Family { name, kind, help } in FAMILIES {
            assert!(name.starts_with("oms_"), "{name}");
            assert!(!help.is_empty() && !help.ends_with('.'), "{name}: {help}");
            let counts = matches!(kind, Kind::Counter);
            assert_eq!(name.ends_with("_total"), counts, "{name}");
            let seconds =
                matches!(kind, Kind::Gauge(Unit::Seconds) | Kind::Histogram(Unit::Seconds, _));
            assert_eq!(name.ends_with("_seconds"), seconds, "{name}");
        }
    }

    #[test]
    fn buckets_grow() {
        for Family { name, kind, .. } in FAMILIES {
            if let Kind::Histogram(_, buckets) = kind {
                assert!(buckets.is_sorted_by(|one, next| one < next), "{name}");
            }
        }
    }
}
