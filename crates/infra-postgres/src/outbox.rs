//! The outbox: the port that hands messages out. [`push`] writes them.

mod lease;
pub(crate) mod push;
mod settle;
mod undelivered;

use async_trait::async_trait;
use domain::{
    OutboxEventId, StoreError, Timestamp,
    outbox::port::{
        DeadLetterSelection, LeasedEvent, OutboxDepth, OutboxStore, Settlement, UndeliveredEvent,
        UndeliveredFilter, WorkerId,
    },
};

use self::{
    lease::{Lease, Release},
    settle::Settle,
    undelivered::{Decide, Depth, Letters, Verdict},
};
use crate::PostgresStore;

#[async_trait]
impl OutboxStore for PostgresStore {
    async fn lease(
        &self,
        worker: &WorkerId,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<LeasedEvent>, StoreError> {
        self.write(&Lease { worker, limit, now, until }).await
    }

    async fn settle(
        &self,
        worker: &WorkerId,
        settlements: &[Settlement],
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(&Settle { worker, settlements, now }).await
    }

    async fn release(
        &self,
        worker: &WorkerId,
        messages: &[OutboxEventId],
    ) -> Result<u64, StoreError> {
        self.write(&Release { worker, messages }).await
    }

    async fn undelivered(
        &self,
        filter: UndeliveredFilter,
        after: Option<OutboxEventId>,
        limit: u32,
    ) -> Result<Vec<UndeliveredEvent>, StoreError> {
        self.read(&Letters { filter, after, limit }).await
    }

    async fn requeue(
        &self,
        letters: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(&Decide { letters, verdict: Verdict::Requeue, now }).await
    }

    async fn discard(
        &self,
        letters: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(&Decide { letters, verdict: Verdict::Discard, now }).await
    }

    async fn depth(&self) -> Result<OutboxDepth, StoreError> {
        self.read(&Depth).await
    }
}
