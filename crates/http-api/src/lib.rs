//! The REST surfaces v1 and classic, the probes for operators, problem details and the OpenAPI
//! document.
//!
//! HTTP only translates: a handler parses the request, calls one use case of the `domain` crate and
//! presents the result. The extractors are in the `http-request` crate.
//!
//! | module | contents |
//! |---|---|
//! | [`problem`] | every error that a client can receive, as problem details (RFC 9457), in one table |
//! | `openapi` | building blocks of the OpenAPI document: schemas, parameters, problems of an operation |
//! | `routing` | an operation: a handler, its path and its OpenAPI description |
//! | `caller` | extractors that authenticate the caller by bearer token |
//! | `views` | response bodies that both surfaces share |
//! | `v1`, `classic` | the two surfaces, one file per resource |
//! | `account_pages` | the pages that mails link to |
//! | `html` | responses with an HTML page, and the headers that protect them |
//! | `compression` | gzip for large responses |
//! | `links` | the base of the links in responses, by the public URL |
//! | `cross_origin` | requests that a page of another origin sends through a browser |
//! | `account_requests` | requests about accounts that surfaces and pages share, and their limits |
//! | [`operators`] | liveness, readiness and metrics |
//! | `system` | health, welcome, Swagger UI, problem type pages |
//! | `routes` | all operations, in the order in which paths are matched |
//! | `document` | the OpenAPI document |
//! | `feed` | waiting for events |
//! | `response_cache` | serialized responses of cached products and pages |

mod account_pages;
mod account_requests;
mod caller;
mod classic;
mod compression;
mod cross_origin;
mod document;
mod feed;
mod html;
mod links;
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
    account_pages::problem_of,
    document::document,
    feed::FeedWatch,
    links::set_public_url,
    response_cache::ResponseCaches,
    routes::{probe_routes, routes},
    system::{ApiDocument, swagger_config},
};
