//! The headers of answers: described once, named wherever an operation sends them.

use utoipa::openapi::{
    Header, ObjectBuilder, OpenApi, Ref, RefOr, Response, Type, header::HeaderBuilder,
    path::Operation,
};

/// A header: its name, an example, and what it says.
struct Described {
    name: &'static str,
    example: &'static str,
    description: &'static str,
}

/// The header that every answer carries.
const REQUEST_ID: &str = "X-Request-Id";

/// All headers that an operation may name.
const HEADERS: &[Described] = &[
    Described {
        name: REQUEST_ID,
        example: "01940f4e-9a3c-7c21-9f0e-3a54d2a7c6b1",
        description: "Names the request in the log of the server: the caller's own id, or a new one.",
    },
    Described {
        name: "Location",
        example: "/api/v1/orders/1001",
        description: "Where to find what was made.",
    },
    Described {
        name: "ETag",
        example: "\"1\"",
        description: "The version that is shown. Send it back as `If-Match` to change nothing else.",
    },
    Described {
        name: "Idempotent-Replayed",
        example: "true",
        description: "Only there if a request with the same `Idempotency-Key` placed this order before.",
    },
    Described {
        name: "Cache-Control",
        example: "no-store",
        description: "Who may keep the answer, and for how long.",
    },
    Described {
        name: "Retry-After",
        example: "12",
        description: "After how many seconds to try again.",
    },
    Described {
        name: "WWW-Authenticate",
        example: "Bearer",
        description: "How to prove who one is: always `Bearer`.",
    },
];

/// Puts the descriptions of all headers into the document, and references to them into the answers.
pub(super) fn describe(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    for header in HEADERS {
        components.headers.insert(header.name.to_owned(), header.described().into());
    }
    for path in document.paths.paths.values_mut() {
        let operations =
            [&mut path.get, &mut path.post, &mut path.put, &mut path.patch, &mut path.delete];
        operations.into_iter().flatten().for_each(refer);
    }
}

impl Described {
    fn described(&self) -> Header {
        HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .description(Some(self.description))
            .example(Some(self.example.into()))
            .build()
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
    let known = HEADERS.iter().map(|header| header.name);
    let name = known.into_iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name);
    RefOr::Ref(Ref::new(format!("#/components/headers/{name}")))
}
