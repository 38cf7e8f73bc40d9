//! The routes: which path and method is which handler's.

use std::future::ready;

use actix_web::{
    HttpResponse, Resource, ResponseError as _, Route, guard,
    http::header::{self, HeaderValue},
    web::{self, ServiceConfig},
};

use crate::{
    classic,
    operators::pages as probes,
    pages,
    problem::{Problem, ProblemCode},
    v1,
};

/// Adds every route of both surfaces, and the pages around them. They are tried one after the other: those that are
/// asked for most come first.
pub(crate) fn routes(config: &mut ServiceConfig) {
    products(config);
    orders(config);
    users(config);
    classic(config);
    around(config);
    operators(config);
    config.default_service(web::to(not_found));
}

fn users(config: &mut ServiceConfig) {
    use v1::users;
    config
        .service(path("/api/v1/users", "GET").route(get().to(users::list)))
        .service(path("/api/v1/users/register", "POST").route(web::post().to(users::register)))
        .service(path("/api/v1/users/login", "POST").route(web::post().to(users::log_in)))
        .service(path("/api/v1/users/refresh", "POST").route(web::post().to(users::refresh)))
        .service(path("/api/v1/users/logout", "POST").route(web::post().to(users::log_out)))
        .service(path("/api/v1/users/me", "GET").route(get().to(users::me)))
        .service(
            path("/api/v1/users/{id}", "GET, PUT, DELETE")
                .route(get().to(users::get))
                .route(web::put().to(users::update))
                .route(web::delete().to(users::delete)),
        )
        .service(path("/api/v1/users/{id}/role", "PUT").route(web::put().to(users::change_role)));
}

fn products(config: &mut ServiceConfig) {
    use v1::products;
    config
        .service(
            path("/api/v1/products", "GET, POST")
                .route(get().to(products::list))
                .route(web::post().to(products::create)),
        )
        .service(
            path("/api/v1/products/{id}", "GET, PUT, DELETE")
                .route(get().to(products::get))
                .route(web::put().to(products::update))
                .route(web::delete().to(products::delete)),
        )
        .service(
            path("/api/v1/products/{id}/restore", "PUT").route(web::put().to(products::restore)),
        );
}

fn orders(config: &mut ServiceConfig) {
    use v1::orders;
    config
        .service(
            path("/api/v1/orders", "GET, POST")
                .route(get().to(orders::list))
                .route(web::post().to(orders::place)),
        )
        .service(path("/api/v1/orders/me", "GET").route(get().to(orders::list_own)))
        .service(
            path("/api/v1/orders/{id}", "GET, PUT")
                .route(get().to(orders::get))
                .route(web::put().to(orders::change_status)),
        )
        .service(path("/api/v1/orders/{id}/events", "GET").route(get().to(orders::events)))
        .service(path("/api/v1/orders/{id}/cancel", "PUT").route(web::put().to(orders::cancel)));
}

fn classic(config: &mut ServiceConfig) {
    use classic::{auth, orders};
    config
        .service(path("/auth/register", "POST").route(web::post().to(auth::register)))
        .service(path("/auth/login", "POST").route(web::post().to(auth::log_in)))
        .service(
            path("/orders", "GET, POST")
                .route(get().to(orders::list))
                .route(web::post().to(orders::place)),
        )
        .service(
            path("/orders/{id}", "GET, PATCH, DELETE")
                .route(get().to(orders::get))
                .route(web::patch().to(orders::change_status))
                .route(web::delete().to(orders::delete)),
        )
        .service(path("/orders/{id}/events", "GET").route(get().to(orders::events)));
}

fn around(config: &mut ServiceConfig) {
    config
        .service(path("/health", "GET").route(get().to(pages::health)))
        .service(path("/app", "GET").route(get().to(pages::welcome)))
        .service(path("/api", "GET").route(get().to(pages::swagger_ui)))
        .service(path("/docs", "GET").route(get().to(pages::swagger_ui)))
        .service(path("/docs/assets/{file}", "GET").route(get().to(pages::swagger_asset)))
        .service(path("/openapi.json", "GET").route(get().to(pages::openapi)))
        .service(path("/problems/{code}", "GET").route(get().to(pages::problem_type)));
}

/// Adds the routes of the operators' surface, which may have a listener of its own.
pub(crate) fn operators(config: &mut ServiceConfig) {
    config
        .service(path("/livez", "GET").route(get().to(probes::livez)))
        .service(path("/readyz", "GET").route(get().to(probes::readyz)))
        .service(path("/metrics", "GET").route(get().to(probes::metrics)));
}

/// Reads answer HEAD as well: the same headers, no body.
fn get() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// A path, and the methods that a 405 names to who tries another one (RFC 9110, section 15.5.6).
fn path(pattern: &'static str, allowed: &'static str) -> Resource {
    web::resource(pattern).default_service(web::to(move || ready(method_not_allowed(allowed))))
}

fn method_not_allowed(allowed: &'static str) -> HttpResponse {
    let mut response = Problem::new(ProblemCode::MethodNotAllowed).error_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

/// Answers what leads nowhere.
pub(crate) async fn not_found() -> HttpResponse {
    Problem::new(ProblemCode::RouteNotFound).error_response()
}
