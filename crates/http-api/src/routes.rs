//! All operations, in the order in which paths are matched: the most frequent ones come first.

use actix_web::{
    HttpResponse, ResponseError as _,
    web::{self, ServiceConfig},
};

use crate::{
    account_pages, classic,
    operators::probes,
    problem::{Problem, ProblemCode},
    routing::{Operation, add_routes},
    system,
    v1::{events, orders, products, users},
};

pub(crate) fn operations() -> impl Iterator<Item = Operation> {
    products::operations()
        .into_iter()
        .chain(orders::operations())
        .chain(users::operations())
        .chain(events::operations())
        .chain(classic::operations())
        .chain(account_pages::operations())
        .chain(system::operations())
        .chain(probes::operations())
}

/// Registers the routes of both surfaces, the account pages, the system pages and the probes. All
/// other paths are answered with 404.
///
/// The app needs as data: `http_request::Services`, `http_request::TrustedProxies`,
/// [`ResponseCaches`](crate::ResponseCaches), [`FeedWatch`](crate::FeedWatch), [`ApiDocument`](crate::ApiDocument),
/// [`swagger_config`](crate::swagger_config), [`ServerStatus`](crate::operators::ServerStatus) and
/// [`ProbeAccess`](crate::operators::ProbeAccess).
pub fn routes(config: &mut ServiceConfig) {
    add_routes(operations(), config);
    config.default_service(web::to(not_found));
}

/// Registers only the probes, for the operators' own listener. All other paths are answered with
/// 404.
pub fn probe_routes(config: &mut ServiceConfig) {
    add_routes(probes::operations(), config);
    config.default_service(web::to(not_found));
}

async fn not_found() -> HttpResponse {
    Problem::new(ProblemCode::RouteNotFound).error_response()
}
