//! An order and its history as v1 shows them.

use domain::order::{Order, OrderEvent, OrderStatus, ProductLine};
use serde::Serialize;

use crate::{openapi::words::StatusWord, v1::moment};

/// A line of an order.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OrderLine)]
pub(crate) struct LineView {
    /// Which product.
    #[schema(example = 42)]
    product_id: i64,
    /// What it was called when the order was placed.
    #[schema(example = "Teapot, 1.2 l")]
    name: String,
    /// What one piece cost when the order was placed.
    #[schema(example = "129.90")]
    unit_price: String,
    /// How many pieces.
    #[schema(example = 2)]
    quantity: i64,
    /// What the line costs.
    #[schema(example = "259.80")]
    total: String,
}

impl From<&ProductLine> for LineView {
    fn from(line: &ProductLine) -> Self {
        Self {
            product_id: line.product.get(),
            name: line.name.to_string(),
            unit_price: line.unit_price.to_string(),
            quantity: line.quantity.get(),
            total: line.total().to_string(),
        }
    }
}

/// An order.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderView {
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
    #[schema(value_type = StatusWord)]
    status: &'static str,
    /// The lines; none for an order in words.
    lines: Vec<LineView>,
    /// What an order in words asks for; `null` otherwise.
    #[schema(required, example = json!(null))]
    item_name: Option<String>,
    /// What it costs.
    #[schema(example = "259.80")]
    total: String,
    /// The currency of all its prices (ISO 4217).
    #[schema(example = "EUR")]
    currency: String,
    /// For whom it is.
    #[schema(example = "Ada Lovelace")]
    customer_name: String,
    /// How often it changed, plus one; its entity tag.
    #[schema(example = 1)]
    version: i64,
    /// When it was placed.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    created_at: String,
    /// When it last changed.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    updated_at: String,
}

impl From<&Order> for OrderView {
    fn from(order: &Order) -> Self {
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
            lines: lines.iter().map(LineView::from).collect(),
            item_name: order.content().free_form_item().map(|item| item.name.to_string()),
            total: order.total().to_string(),
            currency: order.currency().to_string(),
            customer_name: order.customer().to_string(),
            version: order.version().get(),
            created_at: moment(order.created_at()),
            updated_at: moment(order.updated_at()),
        }
    }
}

/// An entry of an order's history.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OrderEvent, example = json!({
    "id": 5001, "order_id": 1001, "changed_by_user_id": 1, "old_status": "pending", "new_status": "processing",
    "note": "Order status changed from PENDING to PROCESSING", "created_at": "2026-01-31T12:00:00.000000Z",
}))]
pub(crate) struct EventView<'a> {
    /// Its number.
    #[schema(example = 5001)]
    id: i64,
    /// Whose history.
    #[schema(example = 1001)]
    order_id: i64,
    /// Who did it.
    #[schema(example = 1)]
    changed_by_user_id: i64,
    /// Where the order was.
    #[schema(value_type = StatusWord)]
    old_status: &'static str,
    /// Where it is since.
    #[schema(value_type = StatusWord)]
    new_status: &'static str,
    /// What happened, for people.
    #[schema(example = "Order status changed from PENDING to PROCESSING")]
    note: &'a str,
    /// When.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    created_at: String,
}

impl<'a> EventView<'a> {
    /// Presents an entry, with a surface's words for the statuses.
    pub(crate) fn new(entry: &'a OrderEvent, word: fn(OrderStatus) -> &'static str) -> Self {
        let event = &entry.event;
        Self {
            id: entry.id.get(),
            order_id: event.order.get(),
            changed_by_user_id: event.changed_by.get(),
            old_status: word(event.old_status),
            new_status: word(event.new_status),
            note: &event.note,
            created_at: moment(event.created_at),
        }
    }
}
