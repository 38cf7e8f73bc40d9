//! One line a request, at the boundary: faults of this server with their cause, changes and refusals, and
//! (for those who want to see everything) reads. Paths are logged as patterns: no personal data.

use actix_web::{dev::ServiceResponse, http::Method};
use domain::with_causes;
use http_api::problem::Problem;

use super::request_context::RequestContext;

pub(super) fn write<B>(response: &ServiceResponse<B>, request: &RequestContext) {
    let status = response.status();
    let method = &request.method;
    // A log writes numbers beyond 64 bits as text.
    let micros = || u64::try_from(request.began.elapsed().as_micros()).unwrap_or(u64::MAX);
    let id = || request.id.to_str().unwrap_or_default();
    let trace_id = || request.place().trace_hex();
    let route = || response.request().match_pattern().unwrap_or_default();
    // A probe that is told to wait has got its answer. Why it is told so is logged once, elsewhere.
    if status.is_server_error() && !request.probe {
        let problem = response.response().error().and_then(Problem::of_error);
        let cause = problem.and_then(Problem::cause).map(|cause| with_causes(&**cause));
        tracing::error!(
            target: "oms::request", request_id = id(), trace_id = trace_id(), %method,
            route = route(), status = status.as_u16(), micros = micros(), cause, "request failed"
        );
    } else if request.probe || (*method == Method::GET && status.is_success()) {
        tracing::debug!(
            target: "oms::request", request_id = id(), trace_id = trace_id(), %method,
            route = route(), status = status.as_u16(), micros = micros(), "request"
        );
    } else {
        tracing::info!(
            target: "oms::request", request_id = id(), trace_id = trace_id(), %method,
            route = route(), status = status.as_u16(), micros = micros(), "request"
        );
    }
}
