//! The outbox: the port that hands messages out. [`push`] writes them.

mod lease;
mod letters;
pub(crate) mod push;
mod settle;

use async_trait::async_trait;
use domain::{
    MessageId, StoreError, Timestamp,
    outbox::port::{
        LeasedMessage, Letter, LetterChoice, LetterFilter, OutboxDepth, OutboxStore, Settlement,
        WorkerId,
    },
};

use self::{
    lease::{Lease, Release},
    letters::{Decide, Depth, Letters, Verdict},
    settle::Settle,
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
    ) -> Result<Vec<LeasedMessage>, StoreError> {
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

    async fn release(&self, worker: &WorkerId, messages: &[MessageId]) -> Result<u64, StoreError> {
        self.write(&Release { worker, messages }).await
    }

    async fn letters(
        &self,
        filter: LetterFilter,
        after: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<Letter>, StoreError> {
        self.read(&Letters { filter, after, limit }).await
    }

    async fn requeue(&self, letters: &LetterChoice, now: Timestamp) -> Result<u64, StoreError> {
        self.write(&Decide { letters, verdict: Verdict::Requeue, now }).await
    }

    async fn discard(&self, letters: &LetterChoice, now: Timestamp) -> Result<u64, StoreError> {
        self.write(&Decide { letters, verdict: Verdict::Discard, now }).await
    }

    async fn depth(&self) -> Result<OutboxDepth, StoreError> {
        self.read(&Depth).await
    }
}
