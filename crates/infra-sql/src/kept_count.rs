//! Which lists of orders have their total kept, so that no row is counted for it.

use domain::{
    ProductId, UserId,
    order::{OrderStatus, port::OrderFilter},
};

/// A number of live orders that a database keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptCount {
    /// All, or those in a status.
    Orders(Option<OrderStatus>),
    /// Those of an account, or those of it in a status.
    OfUser(UserId, Option<OrderStatus>),
    /// Those that name a product.
    OfProduct(ProductId),
}

impl KeptCount {
    /// The number of orders that match a filter. `None` if they have to be counted.
    pub const fn of(filter: &OrderFilter) -> Option<Self> {
        let OrderFilter { status, user, product, created_from, created_to } = filter;
        match (user, product, status, created_from, created_to) {
            (None, None, status, None, None) => Some(Self::Orders(*status)),
            (Some(user), None, status, None, None) => Some(Self::OfUser(*user, *status)),
            (None, Some(product), None, None, None) => Some(Self::OfProduct(*product)),
            _ => None,
        }
    }
}
