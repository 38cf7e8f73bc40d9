//! The REST surfaces: v1 and classic, the operators' probes, what an error looks like, and the description of it all.
//!
//! HTTP only translates: a handler parses, calls one use case of the `domain` crate and presents what comes of it. What
//! is asked of a request, the `http-request` crate reads.
//!
//! | module | what lives there |
//! |---|---|
//! | [`problem`] | every error that a client can see (RFC 9457), in one table |
//! | `openapi` | the words of the description: schemas, parameters, problems of an operation |
//! | `routing` | a handler, its path and its description, as one |
//! | `caller` | who calls, by a bearer token |
//! | `views` | what both surfaces answer alike |
//! | `v1`, `classic` | the two surfaces, one file per resource |
//! | [`operators`] | probes and numbers, for the people and programs that run the server |
//! | `system` | health, a welcome, the Swagger UI, what a problem means |
//! | `routes` | all operations, in the order in which they are tried |
//! | `document` | the description of them all (OpenAPI) |
//! | `response_cache` | responses that were written before |

mod caller;
mod classic;
mod document;
mod openapi;
pub mod operators;
pub mod problem;
mod response_cache;
mod routes;
mod routing;
mod system;
mod v1;
mod views;

pub use self::{
    document::document,
    response_cache::ResponseCaches,
    routes::{operators_routes, routes},
    system::{ApiDocument, swagger_config},
};
