//! The name, type and description of every metric. `deploy/prometheus/README.md` documents the same
//! metrics for operators.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusRecorder};

struct MetricFamily {
    name: &'static str,
    kind: MetricKind,
    help: &'static str,
}

enum MetricKind {
    Counter,
    Gauge(Unit),
    /// With the upper bounds of its buckets.
    Histogram(Unit, &'static [f64]),
}

/// Seconds until a response.
const LATENCY_BUCKETS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Seconds until a connection is available, which is normally at once.
const POOL_WAIT_BUCKETS: &[f64] =
    &[0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Seconds for a delivery, up to the timeouts of slow mail servers.
const DELIVERY_BUCKETS: &[f64] =
    &[0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0];
/// Orders in a batch.
const BATCH_SIZE_BUCKETS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

const FAMILIES: &[MetricFamily] = &[
    gauge("oms_build_info", Unit::Count, "Always 1; the labels are the version and the commit"),
    counter("oms_http_requests_total", "Requests answered, by the pattern of their route"),
    histogram(
        "oms_http_request_duration_seconds",
        (Unit::Seconds, LATENCY_BUCKETS),
        "Time from a request's head to its response",
    ),
    gauge("oms_http_requests_in_flight", Unit::Count, "Requests that are not answered yet"),
    gauge("oms_http_connections", Unit::Count, "Open connections of clients"),
    counter("oms_http_connections_closed_total", "Connections closed because of a limit"),
    counter("oms_http_problems_total", "Requests refused or failed, by the code of the problem"),
    counter("oms_orders_placed_total", "Orders placed"),
    counter("oms_orders_refused_total", "Orders not placed, by the reason"),
    counter("oms_order_status_changes_total", "Status changes, cancellations and deletions"),
    histogram(
        "oms_placement_batch_size",
        (Unit::Count, BATCH_SIZE_BUCKETS),
        "Orders placed in one transaction",
    ),
    gauge("oms_placement_queue_length", Unit::Count, "Requests whose orders wait to be placed"),
    gauge("oms_db_pool_connections", Unit::Count, "Open connections to the database, by their use"),
    gauge("oms_db_pool_waiting", Unit::Count, "Operations that wait for a connection"),
    histogram(
        "oms_db_pool_wait_seconds",
        (Unit::Seconds, POOL_WAIT_BUCKETS),
        "Time an operation waited for a connection, including the time to open one",
    ),
    counter("oms_product_cache_requests_total", "Lookups of products and of pages of products"),
    gauge("oms_redis_up", Unit::Count, "1 if Redis answers, 0 if the program works without it"),
    gauge(
        "oms_outbox_waiting",
        Unit::Count,
        "Events that a subscription has neither delivered nor given up",
    ),
    gauge("oms_outbox_dead", Unit::Count, "Dead letters: events whose delivery was given up"),
    gauge(
        "oms_outbox_oldest_seconds",
        Unit::Seconds,
        "Age of the oldest event that a subscription has not delivered",
    ),
    gauge(
        "oms_outbox_paused",
        Unit::Count,
        "1 while a subscription pauses, because its receiver is in trouble",
    ),
    counter("oms_event_stream_trimmed_total", "Entries that were trimmed from the Redis stream"),
    counter("oms_outbox_deliveries_total", "Attempts to deliver an event to a subscription"),
    histogram(
        "oms_outbox_delivery_duration_seconds",
        (Unit::Seconds, DELIVERY_BUCKETS),
        "Duration of a call that delivers one or more events",
    ),
];

const fn counter(name: &'static str, help: &'static str) -> MetricFamily {
    MetricFamily { name, kind: MetricKind::Counter, help }
}

const fn gauge(name: &'static str, unit: Unit, help: &'static str) -> MetricFamily {
    MetricFamily { name, kind: MetricKind::Gauge(unit), help }
}

const fn histogram(
    name: &'static str,
    (unit, buckets): (Unit, &'static [f64]),
    help: &'static str,
) -> MetricFamily {
    MetricFamily { name, kind: MetricKind::Histogram(unit, buckets), help }
}

/// The recorder for Prometheus, with the buckets of each histogram.
pub(super) fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for family in FAMILIES {
        if let MetricKind::Histogram(_, buckets) = family.kind {
            let name = Matcher::Full(family.name.to_owned());
            builder = builder.set_buckets_for_metric(name, buckets)?;
        }
    }
    Ok(builder.build_recorder())
}

pub(super) fn describe() {
    for MetricFamily { name, kind, help } in FAMILIES {
        match *kind {
            MetricKind::Counter => describe_counter!(*name, Unit::Count, *help),
            MetricKind::Gauge(unit) => describe_gauge!(*name, unit, *help),
            MetricKind::Histogram(unit, _) => describe_histogram!(*name, unit, *help),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_of_a_name_is_its_unit_or_total_for_counters() {
        for MetricFamily { name, kind, help } in FAMILIES {
            assert!(name.starts_with("oms_"), "{name}");
            assert!(!help.is_empty() && !help.ends_with('.'), "{name}: {help}");
            let counts = matches!(kind, MetricKind::Counter);
            assert_eq!(name.ends_with("_total"), counts, "{name}");
            let seconds = matches!(
                kind,
                MetricKind::Gauge(Unit::Seconds) | MetricKind::Histogram(Unit::Seconds, _)
            );
            assert_eq!(name.ends_with("_seconds"), seconds, "{name}");
        }
    }

    #[test]
    fn the_bounds_of_buckets_increase() {
        for MetricFamily { name, kind, .. } in FAMILIES {
            if let MetricKind::Histogram(_, buckets) = kind {
                assert!(buckets.is_sorted_by(|one, next| one < next), "{name}");
            }
        }
    }
}
