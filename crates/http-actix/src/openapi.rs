//! The description of both surfaces for machines (OpenAPI 3.1), made from the code.
//!
//! What an operation takes and answers stands at its handler, as `#[utoipa::path]`; what several of them
//! share stands here:
//!
//! | module | what lives there |
//! |---|---|
//! | `input` | the values of a request, with the domain's own bounds |
//! | `bodies` | bodies that can be written in more than one way |
//! | `words` | the closed sets of words: statuses, roles, codes |
//! | `params` | parameters of paths, queries and headers |
//! | `problems` | what each operation answers when it does not succeed |
//! | `headers` | the headers of answers |
//! | `security` | how a caller proves who they are |

pub(crate) mod bodies;
mod headers;
pub(crate) mod input;
pub(crate) mod params;
pub(crate) mod problems;
mod security;
pub(crate) mod words;

use actix_web::web::Bytes;
use utoipa::{
    Modify, OpenApi,
    openapi::{OpenApi as OpenApiDocument, RefOr, Required},
};

use self::{headers::Headers, security::SecuritySchemes};
use crate::{
    classic::{auth, orders as classic_orders},
    operators::pages as probes,
    pages,
    v1::{orders, products, users},
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "OMS",
        description = include_str!("openapi/guide.md"),
        version = env!("CARGO_PKG_VERSION"),
        license(name = "MIT", identifier = "MIT"),
    ),
    servers((url = "/", description = "This server")),
    security(("password" = []), ("token" = [])),
    tags(
        (name = "users", description = "v1: accounts, and the sessions of their owners."),
        (name = "products", description = "v1: the catalogue, what is in stock, and its management."),
        (name = "orders", description = "v1: orders that reserve stock, and their lifecycle: \
            `pending` → `processing` → `shipped` → `delivered`, or `cancelled` as long as the goods have \
            not left. `processing` may be skipped."),
        (name = "classic", description = "Accounts and orders in words, as the older of the two clients \
            knows them. Same data as v1; statuses and roles are upper case."),
        (name = "around", description = "Health, this document, and the pages around it."),
    ),
    paths(
        users::register,
        users::session::log_in,
        users::session::refresh,
        users::session::log_out,
        users::list,
        users::me,
        users::get,
        users::update,
        users::change_role,
        users::delete,
        products::create,
        products::list,
        products::get,
        products::update,
        products::delete,
        products::restore,
        orders::place::place,
        orders::list,
        orders::list_own,
        orders::get,
        orders::events,
        orders::change_status,
        orders::cancel,
        auth::register,
        auth::log_in,
        classic_orders::place,
        classic_orders::list::list,
        classic_orders::get,
        classic_orders::change_status,
        classic_orders::events,
        classic_orders::delete,
        pages::health,
        pages::welcome,
        pages::swagger_ui,
        pages::openapi,
        pages::problem_type,
        probes::livez,
        probes::readyz,
        probes::metrics,
    ),
    components(schemas(crate::problem::ProblemBody)),
    modifiers(&SecuritySchemes, &SwaggerUiPaths, &OptionalBody, &Headers),
)]
struct Api;

/// The Swagger UI has two paths, one for the clients of each old service.
struct SwaggerUiPaths;

impl Modify for SwaggerUiPaths {
    fn modify(&self, document: &mut OpenApiDocument) {
        let Some(mut page) = document.paths.paths.get("/api").cloned() else { return };
        if let Some(operation) = &mut page.get {
            operation.operation_id = Some("docs".to_owned());
        }
        document.paths.paths.insert("/docs".to_owned(), page);
    }
}

/// The one body that may as well not be there: without it a role is toggled.
struct OptionalBody;

impl Modify for OptionalBody {
    fn modify(&self, document: &mut OpenApiDocument) {
        let path = document.paths.paths.get_mut("/api/v1/users/{id}/role");
        let operation = path.and_then(|path| path.put.as_mut());
        let body = operation.and_then(|operation| operation.request_body.as_mut());
        if let Some(RefOr::T(body)) = body {
            body.required = Some(Required::False);
        }
    }
}

/// The document, rendered once.
pub(crate) struct ApiDocument(Bytes);

impl ApiDocument {
    /// Renders the document.
    pub(crate) fn new() -> Self {
        Self(Bytes::from(Self::text()))
    }

    /// The document as JSON text, with a line feed at its end. Always the same for the same program.
    pub(crate) fn text() -> String {
        // Nothing in the document can fail to become JSON: its keys are texts, its numbers finite.
        Api::openapi().to_pretty_json().unwrap_or_default() + "\n"
    }

    /// The document, for a response.
    pub(crate) fn json(&self) -> Bytes {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests;
