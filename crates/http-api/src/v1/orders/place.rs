//! `POST /api/v1/orders`: placing an order for one product or for several lines.

use actix_web::{HttpResponse, web::Data};
use domain::{ProductId, Quantity, order::LineRequests};
use http_request::{
    Field, IdempotencyHeader, InputError, OrderLines, RawBody, RequestError, Services, all_valid,
    optional, required,
};
use serde::Deserialize;
use validator::{Validate, ValidationErrors};

use super::view::OrderView;
use crate::{
    caller::Authenticated,
    openapi::{params, problems, request_schemas::NewOrderSchema},
    problem::Problem,
    views::created,
};

/// An order to place: either `product_id` and `quantity`, or `lines`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct PlaceOrderBody {
    product_id: Field<ProductId>,
    quantity: Field<Quantity>,
    lines: Field<OrderLines>,
}

impl Validate for PlaceOrderBody {
    /// Without `lines`, `product_id` and `quantity` are required. All missing and invalid members
    /// are reported together.
    fn validate(&self) -> Result<(), ValidationErrors> {
        let Self { product_id, quantity, lines } = self;
        let (product_id, quantity) = if lines.is_given() {
            (optional(product_id), optional(quantity))
        } else {
            (required(product_id), required(quantity))
        };
        all_valid([("product_id", product_id), ("quantity", quantity), ("lines", optional(lines))])
    }
}

impl PlaceOrderBody {
    fn line_requests(self) -> Result<LineRequests, RequestError> {
        let Self { product_id, quantity, lines } = self;
        if let Some(lines) = lines.optional() {
            if product_id.is_given() || quantity.is_given() {
                let both = "must not come together with product_id and quantity";
                return Err(InputError::in_body("/lines", both).into());
            }
            return Ok(lines.0);
        }
        let product = product_id.required("product_id")?;
        Ok(LineRequests::one(product, quantity.required("quantity")?))
    }
}

#[utoipa::path(
    post, path = "/api/v1/orders", tag = "orders", operation_id = "placeOrder",
    summary = "Place an order", description = "Reserves the stock of all lines or of none.",
    params(params::IdempotencyKeyParam),
    request_body(content = NewOrderSchema, examples(
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
    caller: Authenticated,
    key: IdempotencyHeader,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let lines = body.json::<PlaceOrderBody>()?.line_requests()?;
    let request = caller.placement_request(key.key()?);
    let (orders, account) = (services.orders.clone(), caller.account().clone());
    let place = async move { orders.place(&account, lines, request).await };
    let placed = services.detached.run(place).await?;
    Ok(OrderView::respond(created::order(&placed, "/api/v1/orders"), &placed.order))
}
