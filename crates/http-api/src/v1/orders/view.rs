//! An order as v1 shows it.

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
    /// Which product.
    #[schema(example = 42)]
    product_id: i64,
    /// What it was called when the order was placed.
    #[schema(example = "Teapot, 1.2 l")]
    name: &'a str,
    /// What one piece cost when the order was placed.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String, example = "129.90")]
    unit_price: Price,
    /// How many pieces.
    #[schema(example = 2)]
    quantity: i64,
    /// What the line costs.
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
    /// Its number.
    #[schema(example = 1001)]
    id: i64,
    /// Whose it is.
    #[schema(example = 7)]
    user_id: i64,
    /// The product of a one-line order; `null` with several lines, or without any.
    #[schema(required, example = 42)]
    product_id: Option<i64>,
    /// All pieces of all lines.
    #[schema(example = 2)]
    quantity: i64,
    /// Where it is in its life.
    #[schema(value_type = OrderStatusSchema)]
    status: &'static str,
    /// The lines; none for an order in words.
    #[serde(serialize_with = "lines")]
    #[schema(value_type = Vec<LineView>)]
    lines: &'a [ProductLine],
    /// What an order in words asks for; `null` otherwise.
    #[schema(required, example = json!(null))]
    item_name: Option<&'a str>,
    /// What it costs.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String, example = "259.80")]
    total: Money,
    /// The currency of all its prices (ISO 4217).
    #[serde(serialize_with = "text")]
    #[schema(value_type = String, example = "EUR")]
    currency: Currency,
    /// For whom it is.
    #[schema(example = "Ada Lovelace")]
    customer_name: &'a str,
    /// How often it changed, plus one; its entity tag.
    #[schema(example = 1)]
    version: i64,
    /// When it was placed.
    #[serde(serialize_with = "timestamp")]
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    created_at: Timestamp,
    /// When it last changed.
    #[serde(serialize_with = "timestamp")]
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    updated_at: Timestamp,
}

impl OrderView<'_> {
    /// Presents one order, with its entity tag.
    pub(crate) fn respond(response: HttpResponseBuilder, order: &Order) -> HttpResponse {
        with_etag(response, order.version(), OrderView::from(order))
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
