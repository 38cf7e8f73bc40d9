//! Orders to be placed.

use super::{Fingerprint, IdempotencyKey, RequestedContent};
use crate::{Currency, CustomerName, ProductId, Timestamp, TraceParent, UserId};

/// An idempotency key, and the fingerprint of the request that came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The key that the client chose.
    pub key: IdempotencyKey,
    /// The fingerprint of what the order asks for.
    pub fingerprint: Fingerprint,
}

/// An order to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// The account that places the order and will own it.
    pub placed_by: UserId,
    /// The customer's name: the account's, or the one in a free-form order.
    pub customer: CustomerName,
    /// The requested lines, or the free-form item.
    pub content: RequestedContent,
    /// The currency of the prices.
    pub currency: Currency,
    /// The idempotency key, if the client sent one.
    pub idempotency: Option<Idempotency>,
    /// The time of the request.
    pub placed_at: Timestamp,
    /// The trace of the request, if there is one.
    pub trace: Option<TraceParent>,
}

impl NewOrder {
    /// The product of each requested line.
    pub fn products(&self) -> impl Iterator<Item = ProductId> + '_ {
        let lines = match &self.content {
            RequestedContent::Products(lines) => lines.as_slice(),
            RequestedContent::FreeForm(_) => &[],
        };
        lines.iter().map(|line| line.product)
    }

    /// The account and the idempotency key, which are unique together.
    pub(super) fn owned_key(&self) -> Option<(UserId, IdempotencyKey)> {
        self.idempotency.as_ref().map(|idempotency| (self.placed_by, idempotency.key.clone()))
    }
}
