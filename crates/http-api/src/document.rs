//! The OpenAPI 3.1 document of both surfaces, generated from the code. Each operation is described
//! at its handler by `#[utoipa::path]`; this module adds what all operations share.

mod operations;
mod response_headers;
mod security;

use utoipa::{
    OpenApi,
    openapi::{OpenApi as OpenApiDocument, RefOr, Required, Server, ServerBuilder},
};

use crate::{
    links::public_url,
    openapi::{
        enum_schemas::{OpenOrdersSchema, OrderListSortSchema},
        request_schemas::{NewOrderLineSchema, PriceSchema},
    },
    problem::ProblemSchema,
    routes::operations,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "OMS",
        description = include_str!("document/guide.md"),
        version = env!("CARGO_PKG_VERSION"),
        license(name = "MIT", identifier = "MIT"),
    ),
    security(("password" = []), ("token" = [])),
    tags(
        (name = "users", description = "v1: accounts, and the sessions of their owners."),
        (name = "products", description = "v1: the catalogue, its stock and its management."),
        (name = "orders", description = "v1: orders that reserve stock, and their lifecycle: \
            `pending` → `processing` → `shipped` → `delivered`; `pending` and `processing` orders \
            can be `cancelled`. `processing` may be skipped."),
        (name = "events", description = "v1: everything that happens, in order and without gaps."),
        (name = "classic", description = "Accounts and free-form orders, compatible with the older \
            of the two clients. Same data as v1; statuses and roles are upper case."),
        (name = "system", description = "Health, metrics, this document and its pages."),
    ),
    // Schemas that only a parameter or another schema names are registered here.
    components(schemas(ProblemSchema, OpenOrdersSchema, OrderListSortSchema, NewOrderLineSchema, PriceSchema)),
)]
struct BaseDocument;

/// The document as JSON text that ends with a line feed. It is the same each time for one build and
/// one public URL ([`set_public_url`](crate::set_public_url)).
pub fn document() -> String {
    let mut document = BaseDocument::openapi();
    for operation in operations() {
        document.merge((operation.description)());
    }
    document.servers = Some(vec![server()]);
    make_body_of_role_change_optional(&mut document);
    security::describe(&mut document);
    response_headers::describe(&mut document);
    // Serialization cannot fail: all keys are strings, and all numbers are finite.
    document.to_pretty_json().unwrap_or_default() + "\n"
}

/// The server that all paths of the document belong to.
fn server() -> Server {
    ServerBuilder::new().url(public_url().unwrap_or("/")).description(Some("This server")).build()
}

/// The only optional body: without a body, changing a role toggles it.
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
