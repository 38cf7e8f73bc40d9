//! One log line a request: server errors with their cause at level error, changes and client errors
//! at level info, successful reads at level debug. Paths are logged as route patterns, which
//! contain no personal data.

use actix_web::{dev::ServiceResponse, http::Method};
use domain::with_causes;
use http_api::{problem::Problem, problem_of};

use super::request_context::RequestContext;

pub(super) fn write<B>(response: &ServiceResponse<B>, request: &RequestContext) {
    let status = response.status();
    let method = &request.method;
    // Logged as u64, because JSON logs write larger integers as text.
    let micros = || u64::try_from(request.started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let id = || request.id.to_str().unwrap_or_default();
    let trace_id = || request.trace_parent().trace_hex();
    let route = || response.request().match_pattern().unwrap_or_default();
    // The 503 of a probe is no failure of the request. The reason is logged elsewhere, once.
    if status.is_server_error() && !request.is_probe {
        let problem = response.response().error().and_then(problem_of);
        let cause = problem.and_then(Problem::cause).map(|cause| with_causes(&**cause));
        tracing::error!(
            target: "oms::request", request_id = id(), trace_id = trace_id(), %method,
            route = route(), status = status.as_u16(), micros = micros(), cause, "request failed"
        );
    } else if request.is_probe || (*method == Method::GET && status.is_success()) {
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
