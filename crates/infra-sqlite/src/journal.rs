//! The journal: appending events, reading them, and the positions of subscriptions.

pub(crate) mod append;
pub(crate) mod columns;
pub(crate) mod lags;
pub(crate) mod lease;
mod parked;
pub(crate) mod read;
mod record;
#[cfg(test)]
mod tests;
pub(crate) mod undelivered;

use async_trait::async_trait;
use diesel::connection::Connection as _;
use domain::{
    EventId, StoreError, Timestamp,
    events::{
        Subscription, SubscriptionStart,
        port::{
            DeadLetterSelection, EventFilter, EventPage, EventReads, LeaseRequest, LeasedBatch,
            Progress, SubscriptionLag, SubscriptionStore, UndeliveredEvent, UndeliveredFilter,
            WorkerId,
        },
    },
};
use infra_sql::row_count;

use self::lease::{Lease, Request};
use crate::SqliteStore;

#[async_trait]
impl EventReads for SqliteStore {
    /// There is one writer, so numbers appear in their order, and the last one is settled.
    async fn settled(&self) -> Result<EventId, StoreError> {
        self.read(read::last).await
    }

    async fn events(
        &self,
        filter: &EventFilter,
        after: EventId,
        up_to: EventId,
        limit: u32,
    ) -> Result<EventPage, StoreError> {
        let filter = filter.clone();
        self.read(move |conn| read::page(conn, &filter, after, up_to, limit)).await
    }
}

#[async_trait]
impl SubscriptionStore for SqliteStore {
    async fn subscribe(&self, subscription: &Subscription) -> Result<(), StoreError> {
        let subscription = subscription.clone();
        self.write(move |conn| {
            let position = match subscription.start() {
                SubscriptionStart::Beginning => EventId::new(0),
                SubscriptionStart::End => read::last(conn)?,
            };
            Ok(record::subscribe(conn, &subscription, position)?)
        })
        .await
    }

    async fn lease(&self, request: &LeaseRequest<'_>) -> Result<Option<LeasedBatch>, StoreError> {
        let (looking, taking) = (Request::of(request), Request::of(request));
        // There is mostly nothing to do, which a reader finds out without a write.
        let look = move |conn: &mut _| lease::look(conn, &looking);
        match self.read(move |conn| conn.transaction(look)).await? {
            Lease::Nothing => Ok(None),
            Lease::Held(batch) => Ok(Some(batch)),
            Lease::Free => self.write(move |conn| Ok(lease::take(conn, &taking)?)).await,
        }
    }

    async fn record(
        &self,
        subscription: &Subscription,
        worker: &WorkerId,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (subscription, worker) = (subscription.clone(), worker.clone());
        let progress = progress.clone();
        self.write(move |conn| Ok(record::record(conn, &subscription, &worker, &progress, now)?))
            .await
    }

    async fn extend(
        &self,
        subscription: &Subscription,
        worker: &WorkerId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let (subscription, worker) = (subscription.clone(), worker.clone());
        self.write(move |conn| Ok(record::extend(conn, &subscription, &worker, now, until)?)).await
    }

    async fn undelivered(
        &self,
        filter: UndeliveredFilter,
        after: Option<(EventId, Subscription)>,
        limit: u32,
    ) -> Result<Vec<UndeliveredEvent>, StoreError> {
        self.read(move |conn| undelivered::undelivered(conn, filter, after.as_ref(), limit)).await
    }

    async fn requeue(
        &self,
        selection: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let selection = selection.clone();
        self.write(move |conn| Ok(row_count(undelivered::requeue(conn, &selection, now)?))).await
    }

    async fn discard(&self, selection: &DeadLetterSelection) -> Result<u64, StoreError> {
        let selection = selection.clone();
        self.write(move |conn| Ok(row_count(undelivered::discard(conn, &selection)?))).await
    }

    async fn lags(&self) -> Result<Vec<SubscriptionLag>, StoreError> {
        self.read(|conn| conn.transaction(lags::lags)).await
    }

    async fn clear_recipients(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write(move |conn| Ok(row_count(record::clear_old_recipients(conn, before)?))).await
    }
}
