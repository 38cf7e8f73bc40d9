//! A job for the queue: orders of one caller, what they conflict on, and where their results go.

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

/// What two batches in flight must not share: one would only wait for the other, with all its orders.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum ConflictKey {
    /// A product's row is locked until the commit.
    Product(ProductId),
    /// An idempotency key can be used once.
    Key(UserId, IdempotencyKey),
}

pub(super) struct PlacementJob {
    pub(super) orders: Vec<NewOrder>,
    /// What they conflict on with others, each once.
    pub(super) conflict_keys: Vec<ConflictKey>,
    /// When it was made, to be queued at once.
    pub(super) queued_at: Instant,
    /// Its place in the queue, which another job may take once a batch has it.
    permit: Option<OwnedSemaphorePermit>,
    span: Span,
    reply: oneshot::Sender<Vec<Result<Placement, PlaceError>>>,
}

impl PlacementJob {
    /// Orders to be placed, their place in the queue, and where their results go.
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

    /// Records in the caller's span how many orders are placed together with its own, these included. The job no
    /// longer takes capacity in the queue.
    pub(super) fn start(&mut self, batch_size: usize) {
        self.permit = None;
        self.span.record("oms.batch.size", batch_size);
    }

    /// Sends the caller what became of each order.
    pub(super) fn answer(self, results: Vec<Result<Placement, PlaceError>>) {
        // A caller may have gone away; its orders are placed all the same.
        let _ = self.reply.send(results);
    }

    /// Sends the caller that none was placed.
    pub(super) fn fail(self, failure: &StoreError) {
        mark_failed(&self.span);
        let results = vec![Err(PlaceError::Store(failure.clone())); self.orders.len()];
        self.answer(results);
    }
}
