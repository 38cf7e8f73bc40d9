//! The description of both surfaces for machines (OpenAPI 3.1), made from the code: what an
//! operation takes and answers stands at its handler, as `#[utoipa::path]`; what all of them share
//! stands here.

mod response_headers;
mod security;

use utoipa::{
    OpenApi,
    openapi::{OpenApi as OpenApiDocument, RefOr, Required},
};

use crate::{problem::ProblemBody, routes::operations};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "OMS",
        description = include_str!("document/guide.md"),
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
    components(schemas(ProblemBody)),
)]
struct BaseDocument;

/// The document as JSON text, with a line feed at its end. Always the same for the same program.
pub fn document() -> String {
    let mut document = BaseDocument::openapi();
    for operation in operations() {
        document.merge((operation.description)());
    }
    make_body_of_role_change_optional(&mut document);
    security::describe(&mut document);
    response_headers::describe(&mut document);
    // Nothing in the document can fail to become JSON: its keys are texts, its numbers finite.
    document.to_pretty_json().unwrap_or_default() + "\n"
}

/// The one body that may be left out: without it a role is toggled.
fn make_body_of_role_change_optional(document: &mut OpenApiDocument) {
    let path = document.paths.paths.get_mut("/api/v1/users/{id}/role");
    let operation = path.and_then(|path| path.put.as_mut());
    let body = operation.and_then(|operation| operation.request_body.as_mut());
    if let Some(RefOr::T(body)) = body {
        body.required = Some(Required::False);
    }
}

#[cfg(test)]
mod tests;
