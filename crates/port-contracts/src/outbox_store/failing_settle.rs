//! The store under test behind a connection that fails when deliveries are settled.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    OutboxEventId, StoreError, Timestamp,
    outbox::port::{
        DeadLetterSelection, LeasedEvent, OutboxDepth, OutboxStore, Settlement, UndeliveredEvent,
        UndeliveredFilter, WorkerId,
    },
};

/// An outbox whose first calls of `settle` fail.
pub(crate) struct FailingSettleStore {
    store: Arc<dyn OutboxStore>,
    failures: AtomicUsize,
}

impl FailingSettleStore {
    /// Wraps `store`. The first `failures` settlements fail.
    pub(crate) fn new(store: &Arc<dyn OutboxStore>, failures: usize) -> Arc<Self> {
        Arc::new(Self { store: Arc::clone(store), failures: AtomicUsize::new(failures) })
    }
}

#[async_trait]
impl OutboxStore for FailingSettleStore {
    async fn lease(
        &self,
        worker: &WorkerId,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<LeasedEvent>, StoreError> {
        self.store.lease(worker, limit, now, until).await
    }

    async fn settle(
        &self,
        worker: &WorkerId,
        settlements: &[Settlement],
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let one_less = |left: usize| left.checked_sub(1);
        if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            return Err(StoreError::unavailable(io::Error::other("connection reset")));
        }
        self.store.settle(worker, settlements, now).await
    }

    async fn release(
        &self,
        worker: &WorkerId,
        events: &[OutboxEventId],
    ) -> Result<u64, StoreError> {
        self.store.release(worker, events).await
    }

    async fn undelivered(
        &self,
        filter: UndeliveredFilter,
        after: Option<OutboxEventId>,
        limit: u32,
    ) -> Result<Vec<UndeliveredEvent>, StoreError> {
        self.store.undelivered(filter, after, limit).await
    }

    async fn requeue(
        &self,
        selection: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.store.requeue(selection, now).await
    }

    async fn discard(
        &self,
        selection: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.store.discard(selection, now).await
    }

    async fn depth(&self) -> Result<OutboxDepth, StoreError> {
        self.store.depth().await
    }
}
