//! Why commands on accounts are refused.

use crate::OrderId;

/// Why a command on an account is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// The actor lacks the right.
    #[error("the actor may not do this to the account")]
    Forbidden,
    /// The shop would be left without an admin.
    #[error("the last admin cannot be demoted or deleted")]
    LastAdmin,
    /// The owner of a confirmed address has to give the current password to change it.
    #[error("the current password is required")]
    PasswordRequired,
    /// The current password is wrong, or was changed since it was checked.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The token was used, or the password or the address was changed since it was made.
    #[error("the token does not fit the account any more")]
    StaleToken,
    /// The account has open orders with product lines, and the command does not say that they are
    /// cancelled or kept.
    #[error("{total} orders of the account are open")]
    OpenOrders {
        /// The first of these orders, by ascending id: at most
        /// [`OpenOrders::MAX_LISTED`](super::OpenOrders::MAX_LISTED).
        orders: Vec<OrderId>,
        /// The number of these orders.
        total: u64,
    },
}
