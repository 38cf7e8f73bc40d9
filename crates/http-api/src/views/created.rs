//! The head of an answer to something that was made: where it is found from now on.

use actix_web::{HttpResponse, HttpResponseBuilder, http::header};
use domain::{UserId, order::port::Placement};

/// Begins the answer to a registration. Accounts are found at v1, on either surface.
pub(crate) fn account(id: UserId) -> HttpResponseBuilder {
    at(format!("/api/v1/users/{id}"))
}

/// Begins the answer to a placement: where the order is found among its `orders`, and whether it was placed before.
pub(crate) fn order(placed: &Placement, orders: &str) -> HttpResponseBuilder {
    let mut response = at(format!("{orders}/{}", placed.order.id()));
    if placed.replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    response
}

/// Begins the answer to what is found at that path from now on.
pub(crate) fn at(path: String) -> HttpResponseBuilder {
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, path));
    response
}
