//! The headers of answers: described once, named wherever an operation sends them.

use utoipa::openapi::{
    Header, ObjectBuilder, OpenApi, Ref, RefOr, Response, Type, header::HeaderBuilder,
    path::Operation,
};

/// The header that every answer carries.
const REQUEST_ID: &str = "X-Request-Id";

/// All headers that an operation may name: each with an example, and what it says.
const HEADERS: [(&str, &str, &str); 7] = [
    (
        REQUEST_ID,
        "01940f4e-9a3c-7c21-9f0e-3a54d2a7c6b1",
        "Names the request in the log of the server: the caller's own id, or a new one.",
    ),
    ("Location", "/api/v1/orders/1001", "Where to find what was made."),
    (
        "ETag",
        "\"1\"",
        "The version that is shown. Send it back as `If-Match` to change nothing else.",
    ),
    (
        "Idempotent-Replayed",
        "true",
        "Only there if a request with the same `Idempotency-Key` placed this order before.",
    ),
    ("Cache-Control", "no-store", "Who may keep the answer, and for how long."),
    ("Retry-After", "12", "After how many seconds to try again."),
    ("WWW-Authenticate", "Bearer", "How to prove who one is: always `Bearer`."),
];

/// Puts the descriptions of all headers into the document, and references to them into the answers.
pub(super) fn describe(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    for (name, example, description) in HEADERS {
        let header = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .description(Some(description))
            .example(Some(example.into()));
        components.headers.insert(name.to_owned(), header.build().into());
    }
    for path in document.paths.paths.values_mut() {
        let operations =
            [&mut path.get, &mut path.post, &mut path.put, &mut path.patch, &mut path.delete];
        operations.into_iter().flatten().for_each(refer);
    }
}

fn refer(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(Response { headers, .. }) = response {
            headers.insert(REQUEST_ID.to_owned(), reference(REQUEST_ID));
            for (name, header) in headers {
                *header = reference(name);
            }
        }
    }
}

/// Refers to a header by its name, in whatever case it is written.
fn reference(name: &str) -> RefOr<Header> {
    let known = HEADERS.iter().map(|(known, ..)| *known);
    let name = known.into_iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name);
    RefOr::Ref(Ref::new(format!("#/components/headers/{name}")))
}
