//! Counts and times requests.
//!
//! A route is counted by its pattern, whatever ids a client puts into the path, and all requests that match no route
//! are counted together: clients cannot make new series.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use http_api::problem::ProblemCode;
use metrics::{Gauge, counter, gauge, histogram};

use crate::known_method::known_method;

const REQUESTS: &str = "oms_http_requests_total";
const DURATION: &str = "oms_http_request_duration_seconds";
const PROBLEMS: &str = "oms_http_problems_total";

/// Requests that are not answered yet.
static IN_FLIGHT: LazyLock<Gauge> = LazyLock::new(|| gauge!("oms_http_requests_in_flight"));

/// The route of requests that match none.
const UNMATCHED: &str = "unmatched";

/// Registers what is counted here, as zero: a series that is missing could not be told from one that did not move.
pub(crate) fn register() {
    counter!(REQUESTS, "method" => "GET", "route" => UNMATCHED, "status" => "404").absolute(0);
    let _registered = histogram!(DURATION, "method" => "GET", "route" => UNMATCHED);
    for code in ProblemCode::ALL {
        counter!(PROBLEMS, "code" => code.as_str()).absolute(0);
    }
}

/// Middleware that measures every request. It is the outermost one, and sees each response as it leaves.
pub(crate) async fn measure<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let began = Instant::now();
    let _in_flight = InFlight::begin();
    let response = next.call(request).await?;
    count(&response, began.elapsed());
    Ok(response)
}

fn count<B>(response: &ServiceResponse<B>, took: Duration) {
    let request = response.request();
    let method = known_method(request.method()).unwrap_or("OTHER");
    let route = request.match_pattern().unwrap_or_else(|| UNMATCHED.to_owned());
    let status = response.status();
    // One for all statuses: each has a dozen buckets.
    histogram!(DURATION, "method" => method, "route" => route.clone()).record(took);
    counter!(REQUESTS, "method" => method, "route" => route, "status" => status.as_str().to_owned())
        .increment(1);
    if let Some(code) = response.response().extensions().get::<ProblemCode>() {
        counter!(PROBLEMS, "code" => code.as_str()).increment(1);
    }
}

/// A request that is not answered yet. Dropping this ends it: also if its client went away.
struct InFlight;

impl InFlight {
    fn begin() -> Self {
        IN_FLIGHT.increment(1.0);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        IN_FLIGHT.decrement(1.0);
    }
}
