//! The real store, behind a connection that breaks when something is to be written down.

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

/// A store that settles nothing the first few times.
pub(crate) struct Unwilling {
    store: Arc<dyn OutboxStore>,
    refusals: AtomicUsize,
}

impl Unwilling {
    /// One that refuses to settle so many times.
    pub(crate) fn to_settle(store: &Arc<dyn OutboxStore>, refusals: usize) -> Arc<Self> {
        Arc::new(Self { store: Arc::clone(store), refusals: AtomicUsize::new(refusals) })
    }
}

#[async_trait]
impl OutboxStore for Unwilling {
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
        if self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            return Err(StoreError::unavailable(io::Error::other("the line is dead")));
        }
        self.store.settle(worker, settlements, now).await
    }

    async fn release(
        &self,
        worker: &WorkerId,
        messages: &[OutboxEventId],
    ) -> Result<u64, StoreError> {
        self.store.release(worker, messages).await
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
        letters: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.store.requeue(letters, now).await
    }

    async fn discard(
        &self,
        letters: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.store.discard(letters, now).await
    }

    async fn depth(&self) -> Result<OutboxDepth, StoreError> {
        self.store.depth().await
    }
}
