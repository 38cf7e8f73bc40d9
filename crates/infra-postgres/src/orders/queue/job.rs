//! A job for the queue: orders of one caller, what they lay claim to, and where their results go.

use domain::{
    ProductId, StoreError, UserId,
    order::{
        IdempotencyKey, NewOrder, PlacementDemand,
        port::{PlaceError, Placement},
    },
};
use tokio::{sync::oneshot, time::Instant};
use tracing::Span;

/// What two batches must not both have in hand: one would only wait for the other, with all its orders.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Claim {
    /// A product's row is locked until the commit.
    Product(ProductId),
    /// A key can be used once.
    Key(UserId, IdempotencyKey),
}

/// Orders of one caller.
pub(super) struct Job {
    /// The orders.
    pub(super) orders: Vec<NewOrder>,
    /// What they lay claim to, each thing once.
    pub(super) claims: Vec<Claim>,
    /// When it was made, to be queued at once.
    pub(super) queued_at: Instant,
    span: Span,
    reply: oneshot::Sender<Vec<Result<Placement, PlaceError>>>,
}

impl Job {
    /// Orders to be placed, and where their results go.
    pub(super) fn new(
        orders: Vec<NewOrder>,
        reply: oneshot::Sender<Vec<Result<Placement, PlaceError>>>,
    ) -> Self {
        let PlacementDemand { products, keys } = PlacementDemand::of(&orders);
        let products = products.into_iter().map(Claim::Product);
        let keys = keys.into_iter().map(|(user, key)| Claim::Key(user, key));
        let claims = products.chain(keys).collect();
        Self { orders, claims, queued_at: Instant::now(), span: Span::current(), reply }
    }

    /// Tells the caller's span how many orders are placed together with its own, theirs included.
    pub(super) fn note(&self, batch: usize) {
        self.span.record("oms.batch.size", batch);
    }

    /// Tells the caller what became of each order.
    pub(super) fn answer(self, results: Vec<Result<Placement, PlaceError>>) {
        // A caller that went away hears nothing; its orders are placed all the same.
        let _ = self.reply.send(results);
    }

    /// Tells the caller that none was placed.
    pub(super) fn fail(self, failure: &StoreError) {
        let results = vec![Err(PlaceError::Store(failure.clone())); self.orders.len()];
        self.answer(results);
    }
}
