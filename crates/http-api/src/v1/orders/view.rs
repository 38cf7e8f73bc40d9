//! The representation of an order on v1.

use std::fmt::Display;

use actix_web::{HttpResponse, HttpResponseBuilder};
use domain::{
    Currency, Money, Price, Timestamp,
    order::{Order, ProductLine},
};
use serde::{Serialize, Serializer};

use crate::{
    openapi::enum_schemas::OrderStatusSchema,
    views::{timestamp, with_etag},
};

fn text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn lines<S: Serializer>(lines: &[ProductLine], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(lines.iter().map(LineView::from))
}

/// A line of an order.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OrderLine)]
pub(crate) struct LineView<'a> {
    /// The id of the product.
    #[schema(example = 42)]
    product_id: i64,
    /// The product's name when the order was placed.
    #[schema(example = "Teapot, 1.2 l")]
    name: &'a str,
    /// The price per unit when the order was placed.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String, example = "129.90")]
    unit_price: Price,
    /// The number of units.
    #[schema(example = 2)]
    quantity: i64,
    /// The total of the line.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String, example = "259.80")]
    total: Money,
}

impl<'a> From<&'a ProductLine> for LineView<'a> {
    fn from(line: &'a ProductLine) -> Self {
        Self {
            product_id: line.product.get(),
            name: line.name.as_str(),
            unit_price: line.unit_price,
            quantity: line.quantity.get(),
            total: line.total(),
        }
    }
}

/// An order.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderView<'a> {
    /// The id of the order.
    #[schema(example = 1001)]
    id: i64,
    /// The id of the account that owns the order.
    #[schema(example = 7)]
    user_id: i64,
    /// The id of the product of a one-line order; `null` for an order with several lines or none.
    #[schema(required, example = 42)]
    product_id: Option<i64>,
    /// The number of units of all lines.
    #[schema(example = 2)]
    quantity: i64,
    /// The status of the order.
    #[schema(value_type = OrderStatusSchema)]
    status: &'static str,
    /// The lines; empty for a free-form order.
    #[serde(serialize_with = "lines")]
    #[schema(value_type = Vec<LineView>)]
    lines: &'a [ProductLine],
    /// The item of a free-form order; `null` otherwise.
    #[schema(required, example = json!(null))]
    item_name: Option<&'a str>,
    /// The total of the order.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String, example = "259.80")]
    total: Money,
    /// The currency of all amounts (ISO 4217).
    #[serde(serialize_with = "text")]
    #[schema(value_type = String, example = "EUR")]
    currency: Currency,
    /// The name of the customer.
    #[schema(example = "Ada Lovelace")]
    customer_name: &'a str,
    /// The number of changes plus one. The entity tag begins with it.
    #[schema(example = 1)]
    version: i64,
    /// The time at which the order was placed.
    #[serde(serialize_with = "timestamp")]
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    created_at: Timestamp,
    /// The time of the last change.
    #[serde(serialize_with = "timestamp")]
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    updated_at: Timestamp,
}

impl OrderView<'_> {
    /// A response with one order and its entity tag.
    pub(crate) fn respond(response: HttpResponseBuilder, order: &Order) -> HttpResponse {
        with_etag(response, order.version(), order.revision(), OrderView::from(order))
    }
}

impl<'a> From<&'a Order> for OrderView<'a> {
    fn from(order: &'a Order) -> Self {
        let lines = order.content().lines();
        let product_id = match lines {
            [only] => Some(only.product.get()),
            _ => None,
        };
        Self {
            id: order.id().get(),
            user_id: order.placed_by().get(),
            product_id,
            quantity: order.quantity().get(),
            status: order.status().as_str(),
            lines,
            item_name: order.content().free_form_item().map(|item| item.name.as_str()),
            total: order.total(),
            currency: order.currency(),
            customer_name: order.customer().as_str(),
            version: order.version().get(),
            created_at: order.created_at(),
            updated_at: order.updated_at(),
        }
    }
}
