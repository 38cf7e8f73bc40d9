//! The outbox: the port that leases and settles events. [`push`] writes them.

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
    lease::{LeaseEvents, ReleaseLeases},
    settle::SettleEvents,
    undelivered::{DeadLetterAction, ListUndelivered, ReadDepth, ResolveDeadLetters},
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
        self.write(&LeaseEvents { worker, limit, now, until }).await
    }

    async fn settle(
        &self,
        worker: &WorkerId,
        settlements: &[Settlement],
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(&SettleEvents { worker, settlements, now }).await
    }

    async fn release(
        &self,
        worker: &WorkerId,
        events: &[OutboxEventId],
    ) -> Result<u64, StoreError> {
        self.write(&ReleaseLeases { worker, events }).await
    }

    async fn undelivered(
        &self,
        filter: UndeliveredFilter,
        after: Option<OutboxEventId>,
        limit: u32,
    ) -> Result<Vec<UndeliveredEvent>, StoreError> {
        self.read(&ListUndelivered { filter, after, limit }).await
    }

    async fn requeue(
        &self,
        selection: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(&ResolveDeadLetters { selection, action: DeadLetterAction::Requeue, now }).await
    }

    async fn discard(
        &self,
        selection: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(&ResolveDeadLetters { selection, action: DeadLetterAction::Discard, now }).await
    }

    async fn depth(&self) -> Result<OutboxDepth, StoreError> {
        self.read(&ReadDepth).await
    }
}
