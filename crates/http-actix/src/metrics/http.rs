//! The metrics of HTTP requests.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use http_api::problem::ProblemCode;
use http_request::Route;
use metrics::{Gauge, counter, gauge, histogram};

use crate::{connections::tracked, method_label::method_label};

const PROBLEMS: &str = "oms_http_problems_total";

static IN_FLIGHT: LazyLock<Gauge> = LazyLock::new(|| gauge!("oms_http_requests_in_flight"));

/// Initializes the counters to zero: a missing series could not be distinguished from one that did
/// not change.
pub(crate) fn register() {
    let route = Route::UNMATCHED;
    counter!(Route::REQUESTS, "method" => "GET", "route" => route, "status" => "404").absolute(0);
    let _registered = histogram!(Route::DURATION, "method" => "GET", "route" => route);
    for code in ProblemCode::ALL {
        counter!(PROBLEMS, "code" => code.as_str()).absolute(0);
    }
}

/// The outermost middleware: it measures every request, and reports to its connection where it
/// begins and ends. As two, they would cost each request another allocation.
pub(crate) async fn measure<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    tracked(request, |request| measured(request, next)).await
}

async fn measured<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let started = Instant::now();
    let _in_flight = InFlight::begin();
    let response = next.call(request).await?;
    count(&response, started.elapsed());
    Ok(response)
}

fn count<B>(response: &ServiceResponse<B>, duration: Duration) {
    let request = response.request();
    let method = method_label(request.method()).unwrap_or("OTHER");
    if let Some(route) = request.app_data::<Route>() {
        route.count(method, response.status(), duration);
    } else {
        // A preflight is answered before routing.
        let route = request.match_pattern().unwrap_or_else(|| Route::UNMATCHED.to_owned());
        Route::new(route).count(method, response.status(), duration);
    }
    if let Some(code) = response.response().extensions().get::<ProblemCode>() {
        counter!(PROBLEMS, "code" => code.as_str()).increment(1);
    }
}

/// Counts a request in flight until it is dropped, which happens too if the client disconnects.
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
