//! What a customer remembers of the own account.

use serde_json::Value;

use crate::torture::ledger::OrderForm;

/// A registered account of a customer.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) id: i64,
    pub(super) email: String,
    /// The password that was last used or acknowledged, and those that it may have become since.
    pub(super) passwords: Vec<String>,
    pub(super) token: Option<String>,
    /// The acknowledged orders.
    pub(super) orders: Vec<i64>,
    /// The keys of placements with their bodies and orders, if known.
    pub(super) keyed: Vec<Placement>,
}

impl Account {
    /// Whether the session may have ended: a change of the password that was not answered ends it
    /// when it takes effect, which may be later.
    pub(super) fn may_be_signed_out(&self) -> bool {
        self.passwords.len() > 1
    }
}

/// The request of a placement.
#[derive(Debug, Clone)]
pub(super) struct Placement {
    pub(super) path: &'static str,
    pub(super) body: Value,
    pub(super) form: OrderForm,
}
