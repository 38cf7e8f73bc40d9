//! Counts: as databases and their drivers return them, and those that are kept so that no row is counted.

use domain::{
    ProductId, UserId,
    order::{OrderStatus, port::OrderFilter},
};

use crate::Unreadable;

/// A count as a number of things. `id` names what is counted, for the error.
///
/// # Errors
/// [`Unreadable`] if it is negative.
pub fn read_count(table: &'static str, id: &dyn ToString, value: i64) -> Result<u64, Unreadable> {
    u64::try_from(value)
        .map_err(|_negative| Unreadable::new(table, id, &format!("a count of {value}")))
}

/// How many rows a statement changed.
pub fn row_count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

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
