//! All operations, in the order in which their paths are tried: those that are asked for most come first.

use actix_web::{
    HttpResponse, ResponseError as _,
    web::{self, ServiceConfig},
};

use crate::{
    classic,
    operators::probes,
    problem::{Problem, ProblemCode},
    routing::{Operation, route},
    system,
    v1::{orders, products, users},
};

pub(crate) fn operations() -> impl Iterator<Item = Operation> {
    products::operations()
        .into_iter()
        .chain(orders::operations())
        .chain(users::operations())
        .chain(classic::operations())
        .chain(system::operations())
        .chain(probes::operations())
}

/// Adds every route of both surfaces, the pages around them and the operators' probes, and answers all other paths
/// with 404.
///
/// The app needs as data: `http_request::Services`, `http_request::TrustedProxies`, [`ResponseCaches`](crate::ResponseCaches),
/// [`ApiDocument`](crate::ApiDocument), [`swagger_config`](crate::swagger_config),
/// [`Operators`](crate::operators::Operators) and [`Access`](crate::operators::Access).
pub fn routes(config: &mut ServiceConfig) {
    route(operations(), config);
    config.default_service(web::to(not_found));
}

/// Adds the operators' probes alone, for a listener of their own, and answers all other paths with 404.
pub fn operators_routes(config: &mut ServiceConfig) {
    route(probes::operations(), config);
    config.default_service(web::to(not_found));
}

async fn not_found() -> HttpResponse {
    Problem::new(ProblemCode::RouteNotFound).error_response()
}
