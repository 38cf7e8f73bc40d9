//! The representation of an order on the classic surface.

use domain::order::Order;
use serde::Serialize;

use crate::openapi::enum_schemas::ClassicOrderStatusSchema;

/// An order.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ClassicOrder)]
pub(crate) struct ClassicOrderView {
    /// The id of the order.
    #[schema(example = 1001)]
    id: i64,
    /// The name of the customer.
    #[schema(example = "Ada Lovelace")]
    customer_name: String,
    /// The item of a free-form order. For an order with product lines, the name of the first
    /// product and, if there are more lines, how many.
    #[schema(example = "Tea, loose")]
    item_name: String,
    /// The number of units.
    #[schema(example = 3)]
    quantity: i64,
    /// The status of the order.
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
