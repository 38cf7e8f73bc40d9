//! `POST /api/v1/orders`: an order for one product, or for several lines at once.

use actix_web::{HttpResponse, http::header, web::Data};
use domain::{ProductId, Quantity, order::LineRequests};
use serde::Deserialize;
use validator::Validate;

use super::OrderView;
use crate::{
    openapi::{bodies::OrderJson, params, problems},
    problem::{InputError, Problem},
    request::{Field, IdempotencyHeader, Lines, RawBody, SignedIn, etag, optional},
    wiring::Services,
};

/// An order to be placed: `product_id` and `quantity`, or `lines`.
#[derive(Deserialize, Validate)]
pub(crate) struct PlaceOrderBody {
    #[serde(default)]
    #[validate(custom(function = "optional"))]
    product_id: Field<ProductId>,
    #[serde(default)]
    #[validate(custom(function = "optional"))]
    quantity: Field<Quantity>,
    #[serde(default)]
    #[validate(custom(function = "optional"))]
    lines: Field<Lines>,
}

impl PlaceOrderBody {
    fn requests(self) -> Result<LineRequests, Problem> {
        let Self { product_id, quantity, lines } = self;
        if let Some(lines) = lines.optional() {
            if product_id.is_given() || quantity.is_given() {
                let both = "must not come together with product_id and quantity";
                return Err(Problem::invalid(vec![InputError::in_body("/lines", both)]));
            }
            return Ok(lines.0);
        }
        match (product_id.optional(), quantity.optional()) {
            (Some(product), Some(quantity)) => Ok(LineRequests::one(product, quantity)),
            (product, quantity) => {
                let missing = [("product_id", product.is_none()), ("quantity", quantity.is_none())];
                let missing = missing.into_iter().filter(|(_, is_missing)| *is_missing);
                Err(Problem::invalid(
                    missing
                        .map(|(name, _)| InputError::in_body(format!("/{name}"), "is required"))
                        .collect(),
                ))
            }
        }
    }
}

/// `POST /api/v1/orders`
#[utoipa::path(
    post, path = "/api/v1/orders", tag = "orders", operation_id = "placeOrder",
    summary = "Place an order", description = "Takes the stock of all its lines, or of none.",
    params(params::IdempotencyKeyParam),
    request_body(content = OrderJson, examples(
        ("one product" = (value = json!({ "product_id": 42, "quantity": 2 }))),
        ("several lines" = (value = json!({ "lines": [
            { "product_id": 42, "quantity": 2 }, { "product_id": 43, "quantity": 1 },
        ] }))),
    )),
    responses(
        (
            status = 201, description = "The order", body = OrderView,
            headers(("Location"), ("ETag"), ("Idempotent-Replayed")),
        ),
        problems::PlaceOrder,
    ),
)]
pub(crate) async fn place(
    caller: SignedIn,
    key: IdempotencyHeader,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let requests = body.json::<PlaceOrderBody>()?.requests()?;
    let placed = services.orders.place(caller.account(), requests, key.key()?).await?;
    let mut response = HttpResponse::Created();
    response
        .insert_header((header::LOCATION, format!("/api/v1/orders/{}", placed.order.id())))
        .insert_header((header::ETAG, etag(placed.order.version())));
    if placed.replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    Ok(response.json(OrderView::from(&placed.order)))
}
