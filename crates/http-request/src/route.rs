//! The matched route of a request, and its metrics.

use std::{cell::RefCell, time::Duration};

use actix_web::http::StatusCode;
use metrics::{Counter, Histogram, counter, histogram};

/// A route and its metrics, stored as application data of its resource in each worker thread.
///
/// Metrics are registered at the first request that they count. Looking up the pattern in the
/// router, and the metrics by their labels, at each request would cost a tenth of the throughput in
/// the row `product` of `make bench`.
pub struct Route {
    pattern: String,
    metrics: RefCell<Vec<StatusMetrics>>,
}

/// The metrics of all requests with one method and one response status.
struct StatusMetrics {
    method: &'static str,
    status: StatusCode,
    requests: Counter,
    /// Shared by all statuses of a method, since each histogram has a dozen buckets.
    duration: Histogram,
}

impl Route {
    /// The number of requests, by method, route and status.
    pub const REQUESTS: &str = "oms_http_requests_total";
    /// The duration of requests in seconds, by method and route.
    pub const DURATION: &str = "oms_http_request_duration_seconds";
    /// The route label of requests that match no route, so that clients cannot create new time
    /// series.
    pub const UNMATCHED: &str = "unmatched";

    /// A route by its pattern, such as `/api/v1/products/{id}`.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self { pattern: pattern.into(), metrics: RefCell::default() }
    }

    /// Records a finished request. `method` must come from a fixed set: clients must not create new
    /// time series.
    pub fn count(&self, method: &'static str, status: StatusCode, took: Duration) {
        let mut metrics = self.metrics.borrow_mut();
        let known = metrics.iter().find(|known| known.status == status && known.method == method);
        if let Some(known) = known {
            known.record(took);
        } else {
            let new = StatusMetrics::new(self.pattern.clone(), method, status);
            new.record(took);
            metrics.push(new);
        }
    }
}

impl StatusMetrics {
    fn new(route: String, method: &'static str, status: StatusCode) -> Self {
        let (same_route, code) = (route.clone(), status.as_str().to_owned());
        Self {
            method,
            status,
            requests: counter!(Route::REQUESTS, "method" => method, "route" => route, "status" => code),
            duration: histogram!(Route::DURATION, "method" => method, "route" => same_route),
        }
    }

    fn record(&self, took: Duration) {
        self.duration.record(took);
        self.requests.increment(1);
    }
}
