//! `/livez`, `/readyz` and `/metrics`.

use actix_web::{HttpResponse, HttpResponseBuilder, http::header, web::Data};

use super::{
    access::Access,
    operator::Operator,
    state::Operators,
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

/// The media type of Prometheus' text format.
const METRICS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

#[utoipa::path(
    get, path = "/livez", tag = "around", operation_id = "livez",
    summary = "Whether the process works", security(()),
    description = "For a liveness probe: asks nothing that the server rests on, since a restart would not mend that.",
    responses(
        (
            status = 200, description = "It does", body = LivenessView,
            headers(("Cache-Control")), example = json!({ "status": "ok" }),
        ),
    ),
)]
async fn livez(operators: Data<Operators>) -> HttpResponse {
    if (operators.alive)() {
        no_store(HttpResponse::Ok()).json(LivenessView { status: "ok" })
    } else {
        no_store(HttpResponse::ServiceUnavailable()).json(LivenessView { status: "stuck" })
    }
}

#[utoipa::path(
    get, path = "/readyz", tag = "around", operation_id = "readyz",
    summary = "Whether requests may be sent here", security(()),
    description = "For a readiness probe. Operators (see `/metrics`) are told more than the word.",
    responses(
        (
            status = 200, description = "They may; degraded is without something that it can do without",
            body = ReadinessView, headers(("Cache-Control")),
            examples(
                ("ready" = (value = json!({ "status": "ready" }))),
                ("degraded" = (summary = "What an operator is told", value = json!(view::example()))),
            ),
        ),
        (
            status = 503, description = "They may not: the database is away, or the server is stopping",
            body = ReadinessView, headers(("Cache-Control"), ("Retry-After")),
            examples(
                ("not_ready" = (value = json!({ "status": "not_ready" }))),
                ("stopping" = (value = json!({ "status": "stopping" }))),
            ),
        ),
    ),
)]
async fn readyz(operators: Data<Operators>, operator: Option<Operator>) -> HttpResponse {
    let state = operators.state().await;
    let view = ReadinessView::of(&state);
    let view = match operator {
        Some(Operator) => view.with_detail(&operators, &state),
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
    get, path = "/metrics", tag = "around", operation_id = "metrics",
    summary = "The server's numbers, for Prometheus",
    description = "For operators: connections from the server's own machine, the bearer of its `METRICS_TOKEN`, \
        and administrators. Not here if they have a port of their own.",
    responses(
        (
            status = 200, description = "All numbers as they are now", body = str,
            content_type = "text/plain; version=0.0.4; charset=utf-8", headers(("Cache-Control")),
        ),
        problems::Metrics,
    ),
)]
async fn metrics(
    operators: Data<Operators>,
    access: Data<Access>,
    operator: Result<Operator, Problem>,
) -> Result<HttpResponse, Problem> {
    if !access.serves_metrics() {
        return Err(Problem::new(ProblemCode::RouteNotFound));
    }
    let Operator = operator?;
    Ok(no_store(HttpResponse::Ok()).content_type(METRICS_TEXT).body((operators.metrics)()))
}

/// An answer that is true only now.
fn no_store(mut response: HttpResponseBuilder) -> HttpResponseBuilder {
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response
}
