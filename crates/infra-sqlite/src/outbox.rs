//! The outbox: the port that leases and settles events. [`push`] writes them.

pub(crate) mod lease;
pub(crate) mod push;
mod settle;
pub(crate) mod undelivered;

use async_trait::async_trait;
use diesel::connection::Connection as _;
use domain::{
    OutboxEventId, StoreError, Timestamp,
    outbox::port::{
        DeadLetterSelection, LeasedEvent, OutboxDepth, OutboxStore, Settlement, UndeliveredEvent,
        UndeliveredFilter, WorkerId,
    },
};
use infra_sql::row_count;

use self::undelivered::DeadLetterAction;
use crate::SqliteStore;

#[async_trait]
impl OutboxStore for SqliteStore {
    async fn lease(
        &self,
        worker: &WorkerId,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<LeasedEvent>, StoreError> {
        let worker = worker.clone();
        self.write(move |conn| Ok(lease::lease(conn, &worker, limit, now, until)?)).await
    }

    async fn settle(
        &self,
        worker: &WorkerId,
        settlements: &[Settlement],
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let (worker, settlements) = (worker.clone(), settlements.to_vec());
        self.write(move |conn| Ok(row_count(settle::settle(conn, &worker, &settlements, now)?)))
            .await
    }

    async fn release(
        &self,
        worker: &WorkerId,
        events: &[OutboxEventId],
    ) -> Result<u64, StoreError> {
        let (worker, events) = (worker.clone(), events.to_vec());
        self.write(move |conn| Ok(row_count(lease::release(conn, &worker, &events)?))).await
    }

    async fn undelivered(
        &self,
        filter: UndeliveredFilter,
        after: Option<OutboxEventId>,
        limit: u32,
    ) -> Result<Vec<UndeliveredEvent>, StoreError> {
        self.read(move |conn| undelivered::undelivered(conn, filter, after, limit)).await
    }

    async fn requeue(
        &self,
        selection: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let selection = selection.clone();
        self.write(move |conn| {
            Ok(row_count(undelivered::apply(conn, &selection, DeadLetterAction::Requeue, now)?))
        })
        .await
    }

    async fn discard(
        &self,
        selection: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let selection = selection.clone();
        self.write(move |conn| {
            Ok(row_count(undelivered::apply(conn, &selection, DeadLetterAction::Discard, now)?))
        })
        .await
    }

    async fn depth(&self) -> Result<OutboxDepth, StoreError> {
        self.read(|conn| conn.transaction(undelivered::depth)).await
    }
}
