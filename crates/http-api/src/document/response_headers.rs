//! Response headers: described once, referenced by each operation that sends them.

use utoipa::openapi::{
    Header, ObjectBuilder, OpenApi, Ref, RefOr, Response, Type, header::HeaderBuilder,
    path::Operation,
};

use super::operations::operations_mut;

/// The header that every response has.
const REQUEST_ID: &str = "X-Request-Id";

/// All headers that an operation may reference: name, example and description.
const HEADERS: [(&str, &str, &str); 8] = [
    (
        REQUEST_ID,
        "01940f4e-9a3c-7c21-9f0e-3a54d2a7c6b1",
        "The id of the request in the server's log: the one that the client sent, or a new one.",
    ),
    ("Location", "/api/v1/orders/1001", "The path of the new resource."),
    (
        "ETag",
        "\"1-1\"",
        "The entity tag: the version and the revision in this response. Send it as `If-Match` to change only this version.",
    ),
    (
        "Idempotent-Replayed",
        "true",
        "Present if an earlier request with the same `Idempotency-Key` placed this order.",
    ),
    ("Cache-Control", "no-store", "Which caches may store the response, and for how long."),
    ("Retry-After", "12", "The number of seconds after which to retry."),
    (
        "Accept-Encoding",
        "identity",
        "Present if the body had a `Content-Encoding`: the codings that are accepted, which are none.",
    ),
    ("WWW-Authenticate", "Bearer", "The authentication scheme: always `Bearer`."),
];

/// Adds the descriptions of all headers to the document, and references to them to the responses.
pub(super) fn describe(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    for (name, example, description) in HEADERS {
        let header = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .description(Some(description))
            .example(Some(example.into()));
        components.headers.insert(name.to_owned(), header.build().into());
    }
    operations_mut(document).for_each(reference_headers);
}

fn reference_headers(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(Response { headers, .. }) = response {
            headers.insert(REQUEST_ID.to_owned(), reference(REQUEST_ID));
            if headers.contains_key("ETag") {
                headers.insert("Cache-Control".to_owned(), reference("Cache-Control"));
            }
            for (name, header) in headers {
                *header = reference(name);
            }
        }
    }
}

/// A reference to a header by its name, case-insensitive.
fn reference(name: &str) -> RefOr<Header> {
    let known = HEADERS.iter().map(|(known, ..)| *known);
    let name = known.into_iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name);
    RefOr::Ref(Ref::new(format!("#/components/headers/{name}")))
}
