//! The limit of orders per account. Orders that are placed count, and no others: a refused order,
//! or a repeated request for one that was placed before, uses up nothing.

use super::OrderService;
use crate::{
    CustomerName, StoreError, UserId,
    account::Account,
    order::{
        IdempotencyKey, RequestedContent,
        port::{PlaceError, Placement},
        service::PlacementRequest,
    },
    rate_limit::{LimitedAction, RateLimitSubject, RateLimiter},
};

impl OrderService {
    /// Places an order unless the account has placed too many. A repeated request gets the order
    /// that it placed before, also beyond the limit.
    pub(super) async fn place_limited(
        &self,
        limiter: &dyn RateLimiter,
        placed_by: &Account,
        customer: CustomerName,
        content: RequestedContent,
        request: PlacementRequest,
    ) -> Result<Placement, PlaceError> {
        let subject = RateLimitSubject::Account(placed_by.id);
        let checked = limiter.check(LimitedAction::PlaceOrder, subject).await;
        if let Err(limited) = checked
            && !self.was_placed(placed_by.id, request.key.as_ref()).await?
        {
            return Err(limited.into());
        }
        let placed = self.place_unlimited(placed_by, customer, content, request).await;
        if checked.is_ok() && !may_have_placed(&placed) {
            limiter.forgive(LimitedAction::PlaceOrder, subject).await;
        }
        placed
    }

    /// Whether a request with this key has placed an order before.
    async fn was_placed(
        &self,
        user: UserId,
        key: Option<&IdempotencyKey>,
    ) -> Result<bool, StoreError> {
        match key {
            Some(key) => self.store.is_key_used(user, key).await,
            None => Ok(false),
        }
    }
}

/// Whether an order was placed by this request, or may have been.
fn may_have_placed(placed: &Result<Placement, PlaceError>) -> bool {
    match placed {
        Ok(placement) => !placement.replayed,
        Err(PlaceError::Store(StoreError::CommitUnknown(_))) => true,
        Err(_not_placed) => false,
    }
}
