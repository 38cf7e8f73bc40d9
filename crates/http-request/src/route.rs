//! The route that a request matched, and the counters of its requests.

use std::{cell::RefCell, time::Duration};

use actix_web::http::StatusCode;
use metrics::{Counter, Histogram, counter, histogram};

/// A route, kept as application data of its resource in each thread that serves.
///
/// Its counters are made when they first count. To look the pattern up in the router and the counters by their labels
/// for each request costs the row `product` of `make bench` a tenth.
pub struct Route {
    pattern: String,
    series: RefCell<Vec<Series>>,
}

/// What is counted of the requests of one method that were answered with one status.
struct Series {
    method: &'static str,
    status: StatusCode,
    requests: Counter,
    /// The same for all statuses: each has a dozen buckets.
    duration: Histogram,
}

impl Route {
    /// Counts requests, by method, route and status.
    pub const REQUESTS: &str = "oms_http_requests_total";
    /// The seconds until a request is answered, by method and route.
    pub const DURATION: &str = "oms_http_request_duration_seconds";
    /// The route of all requests that match none: clients cannot make new series.
    pub const UNMATCHED: &str = "unmatched";

    /// The route of that pattern, such as `/api/v1/products/{id}`, whatever ids clients put into the path.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self { pattern: pattern.into(), series: RefCell::default() }
    }

    /// Counts a request that was answered. The method is one that clients cannot invent.
    pub fn count(&self, method: &'static str, status: StatusCode, took: Duration) {
        let mut series = self.series.borrow_mut();
        let known = series.iter().find(|known| known.status == status && known.method == method);
        if let Some(known) = known {
            known.count(took);
        } else {
            let new = Series::new(self.pattern.clone(), method, status);
            new.count(took);
            series.push(new);
        }
    }
}

impl Series {
    fn new(route: String, method: &'static str, status: StatusCode) -> Self {
        let (duration, code) = (route.clone(), status.as_str().to_owned());
        Self {
            method,
            status,
            requests: counter!(Route::REQUESTS, "method" => method, "route" => route, "status" => code),
            duration: histogram!(Route::DURATION, "method" => method, "route" => duration),
        }
    }

    fn count(&self, took: Duration) {
        self.duration.record(took);
        self.requests.increment(1);
    }
}
