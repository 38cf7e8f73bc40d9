//! A placement job: the orders of one call, what they conflict on, and the reply channel.

use domain::{
    ProductId, StoreError, UserId,
    order::{
        IdempotencyKey, NewOrder, PlacementDemand,
        port::{PlaceError, Placement},
    },
};
use infra_sql::mark_failed;
use tokio::{
    sync::{OwnedSemaphorePermit, oneshot},
    time::Instant,
};
use tracing::Span;

/// A key that two batches in flight must not share: one batch, with all its orders, would wait for
/// the lock of the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum ConflictKey {
    /// A product's row is locked until the commit.
    Product(ProductId),
    /// An idempotency key can be used once.
    Key(UserId, IdempotencyKey),
}

pub(super) struct PlacementJob {
    pub(super) orders: Vec<NewOrder>,
    /// The keys on which they conflict with other jobs, without duplicates.
    pub(super) conflict_keys: Vec<ConflictKey>,
    pub(super) queued_at: Instant,
    /// The place in the queue, released when its batch starts.
    permit: Option<OwnedSemaphorePermit>,
    span: Span,
    reply: oneshot::Sender<Vec<Result<Placement, PlaceError>>>,
}

impl PlacementJob {
    pub(super) fn new(
        orders: Vec<NewOrder>,
        permit: OwnedSemaphorePermit,
        reply: oneshot::Sender<Vec<Result<Placement, PlaceError>>>,
    ) -> Self {
        let PlacementDemand { products, keys } = PlacementDemand::of(&orders);
        let products = products.into_iter().map(ConflictKey::Product);
        let keys = keys.into_iter().map(|(user, key)| ConflictKey::Key(user, key));
        let conflict_keys = products.chain(keys).collect();
        let (queued_at, span) = (Instant::now(), Span::current());
        Self { orders, conflict_keys, queued_at, permit: Some(permit), span, reply }
    }

    /// Releases the place in the queue, and records the number of orders in the batch in the
    /// caller's span.
    pub(super) fn start(&mut self, batch_size: usize) {
        self.permit = None;
        self.span.record("oms.batch.size", batch_size);
    }

    /// Sends the result of each order to the caller.
    pub(super) fn answer(self, results: Vec<Result<Placement, PlaceError>>) {
        // The caller may have dropped the call; its orders are placed nevertheless.
        let _ = self.reply.send(results);
    }

    /// Sends the error for each order to the caller.
    pub(super) fn fail(self, error: &StoreError) {
        mark_failed(&self.span);
        let results = vec![Err(PlaceError::Store(error.clone())); self.orders.len()];
        self.answer(results);
    }
}
