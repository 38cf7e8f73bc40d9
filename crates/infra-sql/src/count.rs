//! Counts: conversions of the numbers that databases return, and the counters that databases keep.

use std::collections::BTreeSet;

use domain::{
    ProductId, UserId,
    order::{OrderStatus, port::OrderFilter},
};

use crate::Unreadable;

/// A count as an unsigned number. In the error, `id` names what was counted.
///
/// # Errors
/// [`Unreadable`] if it is negative.
pub fn read_count(table: &'static str, id: &dyn ToString, value: i64) -> Result<u64, Unreadable> {
    u64::try_from(value)
        .map_err(|_negative| Unreadable::new(table, id, &format!("a count of {value}")))
}

/// The number of rows that a statement changed.
pub fn row_count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

/// A counter of live orders that the database keeps, or a sum of such counters, so that no rows
/// have to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderCounter<'f> {
    /// All orders, or those in one of some statuses.
    Orders(Option<&'f BTreeSet<OrderStatus>>),
    /// All orders of an account, or those in one of some statuses.
    OfUser(UserId, Option<&'f BTreeSet<OrderStatus>>),
    /// The orders with a line for a product.
    OfProduct(ProductId),
}

impl<'f> OrderCounter<'f> {
    /// The counter of the orders that match a filter. `None` if there is none and they have to be
    /// counted.
    pub fn of(filter: &'f OrderFilter) -> Option<Self> {
        let statuses = filter.one_of_statuses();
        let OrderFilter { statuses: _, user, product, search, .. } = filter;
        let OrderFilter { created_from, created_to, updated_from, updated_to, .. } = filter;
        let times = [created_from, created_to, updated_from, updated_to];
        if search.is_some() || times.into_iter().any(Option::is_some) {
            return None;
        }
        match (user, product, statuses) {
            (None, None, statuses) => Some(Self::Orders(statuses)),
            (Some(user), None, statuses) => Some(Self::OfUser(*user, statuses)),
            (None, Some(product), None) => Some(Self::OfProduct(*product)),
            _ => None,
        }
    }
}
