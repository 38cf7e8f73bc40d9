//! System pages: health, welcome, the Swagger UI and the problem type pages.

use std::{
    borrow::Cow,
    sync::{LazyLock, OnceLock},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web::{Bytes, Data, Path},
};
use serde::Serialize;

use crate::{
    compression::{accepts_gzip, gzip},
    html::{self, STRICT_POLICY},
    openapi::problems,
    problem::{Problem, ProblemCode},
    routing::{self, Operation},
};

pub(crate) fn operations() -> impl Iterator<Item = Operation> {
    // The page names its assets relative to itself, since a proxy may have stripped a prefix from
    // the path. A browser resolves that differently for a path with a slash at its end.
    let assets = ["/docs/assets/{file}", "/docs/docs/assets/{file}", "/api/docs/assets/{file}"]
        .map(|path| Operation::get(path.to_owned(), swagger_asset));
    routing::operations!(health, welcome, swagger_ui, docs, openapi, problem_type)
        .into_iter()
        .chain(assets)
}

/// The OpenAPI document as it is served: made for the first request, so that it delays no start.
pub struct ApiDocument {
    make: fn() -> String,
    made: OnceLock<Made>,
}

/// The document in both encodings. It is by far the largest response, so it is compressed once.
struct Made {
    plain: Bytes,
    compressed: Option<Bytes>,
}

impl ApiDocument {
    /// The document that this function makes, as JSON text.
    pub const fn new(make: fn() -> String) -> Self {
        Self { make, made: OnceLock::new() }
    }

    fn made(&self) -> &Made {
        self.made.get_or_init(|| {
            let plain = Bytes::from((self.make)());
            Made { compressed: gzip(&plain), plain }
        })
    }
}

/// The status of the server.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Status)]
pub(crate) struct StatusView {
    /// `ok`, or a welcome message.
    #[schema(example = "ok")]
    status: &'static str,
}

#[utoipa::path(
    get, path = "/health", tag = "system", operation_id = "health",
    summary = "Check that the server responds", security(()),
    description = "For clients of the older services. Probes use `/livez` and `/readyz`.",
    responses((status = 200, description = "The server responds", body = StatusView, example = json!({ "status": "ok" }))),
)]
async fn health() -> HttpResponse {
    HttpResponse::Ok().json(StatusView { status: "ok" })
}

/// The welcome text of the service that this one replaces.
const WELCOME: &str = "Welcome to OMS Backend API!";

#[utoipa::path(
    get, path = "/app", tag = "system", operation_id = "welcome",
    summary = "Get a welcome message", security(()),
    description = "For clients of the older services.",
    responses(
        (
            status = 200, description = "The welcome message", body = StatusView,
            example = json!({ "status": WELCOME }),
        ),
    ),
)]
async fn welcome() -> HttpResponse {
    HttpResponse::Ok().json(StatusView { status: WELCOME })
}

#[utoipa::path(
    get, path = "/openapi.json", tag = "system", operation_id = "openApiDocument",
    summary = "Get the OpenAPI document", security(()),
    description = "The document that `oms openapi` prints, from which clients can be generated.",
    responses((status = 200, description = "The document", body = utoipa::openapi::schema::Object)),
)]
async fn openapi(request: HttpRequest, document: Data<ApiDocument>) -> HttpResponse {
    let made = document.made();
    let mut response = HttpResponse::Ok();
    response.content_type("application/json");
    if let Some(compressed) = made.compressed.as_ref().filter(|_| accepts_gzip(&request)) {
        let encoded = response.insert_header((header::CONTENT_ENCODING, "gzip"));
        return encoded.body(compressed.clone());
    }
    response.body(made.plain.clone())
}

/// The Swagger UI page; its assets are embedded in the binary.
const SWAGGER_UI: &str = include_str!("system/swagger.html");

/// The script that starts the Swagger UI, and the style that the page adds to it. They are separate
/// files, so that the page needs neither inline scripts nor inline styles.
const SWAGGER_SCRIPT: &str = include_str!("system/swagger.js");
const SWAGGER_STYLE: &str = include_str!("system/swagger.css");

/// Allows what the Swagger UI loads: its scripts, styles and icon, the document, and requests to
/// this server. The images in its style are `data:` URLs. It submits no forms.
static SWAGGER_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let policy = format!(
        "{STRICT_POLICY}; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; form-action 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// The assets of the Swagger UI, for the application data.
pub fn swagger_config() -> utoipa_swagger_ui::Config<'static> {
    utoipa_swagger_ui::Config::from("/openapi.json")
}

#[utoipa::path(
    get, path = "/api", tag = "system", operation_id = "swaggerUi",
    summary = "Open the Swagger UI", security(()),
    description = "A page that shows this document and can send each request.",
    responses((status = 200, description = "The Swagger UI", body = str, content_type = "text/html; charset=utf-8")),
)]
async fn swagger_ui() -> HttpResponse {
    html::page(StatusCode::OK, SWAGGER_POLICY.clone()).body(SWAGGER_UI)
}

#[utoipa::path(
    get, path = "/docs", tag = "system", operation_id = "docs",
    summary = "Open the Swagger UI", security(()),
    description = "The same page as `/api`.",
    responses((status = 200, description = "The Swagger UI", body = str, content_type = "text/html; charset=utf-8")),
)]
async fn docs() -> HttpResponse {
    swagger_ui().await
}

/// The script, which finds the document relative to its own path.
fn script_at(path: &str) -> Cow<'static, str> {
    if path.starts_with("/docs/assets/") {
        return SWAGGER_SCRIPT.into();
    }
    SWAGGER_SCRIPT.replace("\"../..\"", "\"../../..\"").into()
}

/// `GET /docs/assets/{file}`
async fn swagger_asset(
    request: HttpRequest,
    file: Path<String>,
    config: Data<utoipa_swagger_ui::Config<'static>>,
) -> Result<HttpResponse, Problem> {
    let own = match file.as_str() {
        "oms.js" => Some(("text/javascript; charset=utf-8", script_at(request.path()))),
        "oms.css" => Some(("text/css; charset=utf-8", SWAGGER_STYLE.into())),
        _ => None,
    };
    if let Some((content_type, text)) = own {
        return Ok(HttpResponse::Ok().content_type(content_type).body(text));
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
    get, path = "/problems/{code}", tag = "system", operation_id = "problemType",
    summary = "Get the page of a problem type", security(()),
    description = "The page that the `type` of a problem links to.",
    params(("code" = String, Path, description = "The problem code.", example = "insufficient_stock")),
    responses(
        (
            status = 200, description = "A description of the problem type", body = str,
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
