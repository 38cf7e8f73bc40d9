//! An order as the classic clients see it.

use domain::order::Order;
use serde::Serialize;

use crate::openapi::enum_schemas::ClassicOrderStatusSchema;

/// An order.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ClassicOrder)]
pub(crate) struct ClassicOrderView {
    /// Its number.
    #[schema(example = 1001)]
    id: i64,
    /// For whom it is.
    #[schema(example = "Ada Lovelace")]
    customer_name: String,
    /// What it asks for; of an order with product lines, the product's name.
    #[schema(example = "Tea, loose")]
    item_name: String,
    /// How many pieces.
    #[schema(example = 3)]
    quantity: i64,
    /// Where it is in its life.
    #[schema(value_type = ClassicOrderStatusSchema)]
    status: &'static str,
}

impl From<&Order> for ClassicOrderView {
    fn from(order: &Order) -> Self {
        Self {
            id: order.id().get(),
            customer_name: order.customer().to_string(),
            item_name: order.content().title(),
            quantity: order.quantity().get(),
            status: order.status().as_upper_str(),
        }
    }
}
