//! An order to be placed: what was asked for, before the stock has its say.

use std::collections::BTreeSet;

use super::{Fingerprint, IdempotencyKey, RequestedContent};
use crate::{Currency, CustomerName, ProductId, Timestamp, TraceParent, UserId};

/// A client's promise that two requests with one key are one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The key.
    pub key: IdempotencyKey,
    /// What it was used for.
    pub fingerprint: Fingerprint,
}

/// An order to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// Whose it is.
    pub placed_by: UserId,
    /// For whom it is: the account's name, or what a free-form order says.
    pub customer: CustomerName,
    /// What it asks for.
    pub content: RequestedContent,
    /// The currency of its prices.
    pub currency: Currency,
    /// The client's key, if it sent one.
    pub idempotency: Option<Idempotency>,
    /// When it is placed.
    pub placed_at: Timestamp,
    /// The trace that placing it belongs to.
    pub trace: Option<TraceParent>,
}

impl NewOrder {
    /// The products it names, line by line.
    pub fn products(&self) -> impl Iterator<Item = ProductId> + '_ {
        let lines = match &self.content {
            RequestedContent::Products(lines) => lines.as_slice(),
            RequestedContent::FreeForm(_) => &[],
        };
        lines.iter().map(|line| line.product)
    }

    /// The key, if it sent one, as it is unique: together with its owner.
    pub(super) fn owned_key(&self) -> Option<(UserId, IdempotencyKey)> {
        self.idempotency.as_ref().map(|idempotency| (self.placed_by, idempotency.key.clone()))
    }
}

/// Takes the name out of orders whose account was erased while they waited to be placed: it came from the account, and
/// nothing of it may stay. A free-form order's name is not the account's.
pub fn forget_erased_customers(orders: &mut [NewOrder], erased: &BTreeSet<UserId>) {
    for order in orders {
        let named_by_account = matches!(order.content, RequestedContent::Products(_));
        if named_by_account && erased.contains(&order.placed_by) {
            order.customer = CustomerName::of_deleted_account();
        }
    }
}
