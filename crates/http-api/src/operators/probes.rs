//! `/livez`, `/readyz` and `/metrics`.

use actix_web::{HttpResponse, HttpResponseBuilder, http::header, web::Data};

use super::{
    access::ProbeAccess,
    operator::Operator,
    server_status::ServerStatus,
    view::{self, LivenessView, ReadinessView},
};
use crate::{
    openapi::problems,
    problem::{Problem, ProblemCode},
    routing::{self, Operation},
};

pub(crate) fn operations() -> impl IntoIterator<Item = Operation> {
    routing::operations!(livez, readyz, metrics)
}

/// The media type of the Prometheus text format.
const METRICS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

#[utoipa::path(
    get, path = "/livez", tag = "system", operation_id = "livez",
    summary = "Check liveness", security(()),
    description = "For a liveness probe. It does not check dependencies, since a restart would not \
        fix them.",
    responses(
        (
            status = 200, description = "The process is alive", body = LivenessView,
            headers(("Cache-Control")), example = json!({ "status": "ok" }),
        ),
    ),
)]
async fn livez(operators: Data<ServerStatus>) -> HttpResponse {
    if (operators.alive)() {
        no_store(HttpResponse::Ok()).json(LivenessView { status: "ok" })
    } else {
        no_store(HttpResponse::ServiceUnavailable()).json(LivenessView { status: "stuck" })
    }
}

#[utoipa::path(
    get, path = "/readyz", tag = "system", operation_id = "readyz",
    summary = "Check readiness", security(()),
    description = "For a readiness probe. Operators (see `/metrics`) get the state of each \
        dependency as well.",
    responses(
        (
            status = 200, description = "The server accepts requests; `degraded` if an optional \
                dependency is not up",
            body = ReadinessView, headers(("Cache-Control")),
            examples(
                ("ready" = (value = json!({ "status": "ready" }))),
                ("degraded" = (summary = "The response to an operator", value = json!(view::example()))),
            ),
        ),
        (
            status = 503, description = "The server does not accept requests: the database is not \
                up, or the server is stopping",
            body = ReadinessView, headers(("Cache-Control"), ("Retry-After")),
            examples(
                ("not_ready" = (value = json!({ "status": "not_ready" }))),
                ("stopping" = (value = json!({ "status": "stopping" }))),
            ),
        ),
    ),
)]
async fn readyz(operators: Data<ServerStatus>, operator: Option<Operator>) -> HttpResponse {
    let state = operators.readiness().await;
    let view = ReadinessView::of(&state);
    let view = match operator {
        Some(Operator) => view.with_operator_detail(&operators, &state),
        None => view,
    };
    if state.readiness.takes_requests() {
        no_store(HttpResponse::Ok()).json(view)
    } else {
        let mut response = no_store(HttpResponse::ServiceUnavailable());
        response.insert_header((header::RETRY_AFTER, 1)).json(view)
    }
}

#[utoipa::path(
    get, path = "/metrics", tag = "system", operation_id = "metrics",
    summary = "Get metrics in the Prometheus format",
    // Optional: clients on the server's own machine need none.
    security((), ("password" = []), ("token" = [])),
    description = "For operators: clients on the server's machine other than web pages, clients with \
        the bearer token `METRICS_TOKEN`, and administrators. Not available here if the metrics \
        have their own port.",
    responses(
        (
            status = 200, description = "The current metrics", body = str,
            content_type = "text/plain; version=0.0.4; charset=utf-8", headers(("Cache-Control")),
        ),
        problems::Metrics,
    ),
)]
async fn metrics(
    operators: Data<ServerStatus>,
    access: Data<ProbeAccess>,
    operator: Result<Operator, Problem>,
) -> Result<HttpResponse, Problem> {
    if !access.serves_metrics() {
        return Err(Problem::new(ProblemCode::RouteNotFound));
    }
    let Operator = operator?;
    Ok(no_store(HttpResponse::Ok()).content_type(METRICS_TEXT).body((operators.metrics)()))
}

/// Forbids caches to store a response, since it describes only the current state.
fn no_store(mut response: HttpResponseBuilder) -> HttpResponseBuilder {
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response
}
