//! The head of a 201 response: the `Location` of the new resource.

use actix_web::{HttpResponse, HttpResponseBuilder, http::header};
use domain::{UserId, order::port::Placement};

use crate::links::link;

/// Starts the response to a registration. On both surfaces the location is the account on v1.
pub(crate) fn account(id: UserId) -> HttpResponseBuilder {
    at(&format!("/api/v1/users/{id}"))
}

/// Starts the response to a placement: the location of the order under the path `orders`, and
/// whether the request was a replay.
pub(crate) fn order(placed: &Placement, orders: &str) -> HttpResponseBuilder {
    let mut response = at(&format!("{orders}/{}", placed.order.id()));
    if placed.replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    response
}

/// Starts the response to the creation of a resource at a path.
pub(crate) fn at(path: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, link(path)));
    response
}
