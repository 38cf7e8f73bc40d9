//! The pages around the two surfaces: health, a welcome, the Swagger UI, and what each problem means.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Bytes, Data, Path},
};
use serde::Serialize;

use crate::{
    openapi::{params, problems},
    problem::{Problem, ProblemCode},
    routing::{self, Operation},
};

pub(crate) fn operations() -> impl Iterator<Item = Operation> {
    let assets = Operation::get("/docs/assets/{file}".to_owned(), swagger_asset);
    routing::operations!(health, welcome, swagger_ui, docs, openapi, problem_type)
        .into_iter()
        .chain([assets])
}

/// The OpenAPI document as JSON, for requests.
pub struct ApiDocument(pub Bytes);

/// A word about how things are.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Status)]
pub(crate) struct StatusView {
    /// The word.
    #[schema(example = "ok")]
    status: &'static str,
}

#[utoipa::path(
    get, path = "/health", tag = "around", operation_id = "health",
    summary = "Whether this server answers", security(()),
    responses((status = 200, description = "It does", body = StatusView, example = json!({ "status": "ok" }))),
)]
async fn health() -> HttpResponse {
    HttpResponse::Ok().json(StatusView { status: "ok" })
}

/// What the old backend said.
const WELCOME: &str = "Welcome to OMS Backend API!";

#[utoipa::path(
    get, path = "/app", tag = "around", operation_id = "welcome",
    summary = "A welcome", security(()),
    responses(
        (
            status = 200, description = "A friendly word", body = StatusView,
            example = json!({ "status": WELCOME }),
        ),
    ),
)]
async fn welcome() -> HttpResponse {
    HttpResponse::Ok().json(StatusView { status: WELCOME })
}

#[utoipa::path(
    get, path = "/openapi.json", tag = "around", operation_id = "openApiDocument",
    summary = "This document", security(()),
    responses((status = 200, description = "The document", body = utoipa::openapi::schema::Object)),
)]
async fn openapi(document: Data<ApiDocument>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document.0.clone())
}

/// The Swagger UI, whose parts lie inside the binary. Logging in takes no client's credentials, so it does
/// not ask for them.
const SWAGGER_UI: &str = include_str!("system/swagger.html");

/// Starts the Swagger UI. A file of its own, so that no script stands in the page.
const SWAGGER_SCRIPT: &str = include_str!("system/swagger.js");

/// The parts of the Swagger UI, for the app's data.
pub fn swagger_config() -> utoipa_swagger_ui::Config<'static> {
    utoipa_swagger_ui::Config::from("/openapi.json")
}

#[utoipa::path(
    get, path = "/api", tag = "around", operation_id = "swaggerUi",
    summary = "This document, to be read and tried out", security(()),
    responses((status = 200, description = "The Swagger UI", body = str, content_type = "text/html; charset=utf-8")),
)]
async fn swagger_ui() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(SWAGGER_UI)
}

#[utoipa::path(
    get, path = "/docs", tag = "around", operation_id = "docs",
    summary = "This document, to be read and tried out", security(()),
    responses((status = 200, description = "The Swagger UI", body = str, content_type = "text/html; charset=utf-8")),
)]
async fn docs() -> HttpResponse {
    swagger_ui().await
}

/// `GET /docs/assets/{file}`
async fn swagger_asset(
    file: Path<String>,
    config: Data<utoipa_swagger_ui::Config<'static>>,
) -> Result<HttpResponse, Problem> {
    if *file == "oms.js" {
        return Ok(HttpResponse::Ok()
            .content_type("text/javascript; charset=utf-8")
            .body(SWAGGER_SCRIPT));
    }
    let found = utoipa_swagger_ui::serve(&file, config.into_inner()).ok().flatten();
    let asset = found.ok_or_else(|| Problem::new(ProblemCode::RouteNotFound))?;
    let mut response = HttpResponse::Ok();
    response
        .content_type(asset.content_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"));
    if asset.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    Ok(response.body(asset.bytes.into_owned()))
}

#[utoipa::path(
    get, path = "/problems/{code}", tag = "around", operation_id = "problemType",
    summary = "What a problem's type leads to", security(()),
    params(params::CodeParam),
    responses(
        (
            status = 200, description = "About the kind of problem", body = str,
            content_type = "text/plain; charset=utf-8",
        ),
        problems::UnknownCode,
    ),
)]
async fn problem_type(code: Path<String>) -> Result<HttpResponse, Problem> {
    let known = ProblemCode::ALL.iter().find(|known| known.as_str() == code.as_str());
    let known = known.ok_or_else(|| Problem::new(ProblemCode::RouteNotFound))?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(format!(
        "{}\n\n{}.\n\nStatus {}. Code for programs: {}\n",
        known.title(),
        known.detail(),
        known.status(),
        known.as_str(),
    )))
}
