//! The journal: appending events, reading them without gaps, and the positions of subscriptions.

pub(crate) mod append;
mod candidates;
pub(crate) mod columns;
mod lags;
mod lease;
mod read;
mod record;
mod settled;
mod undelivered;

use async_trait::async_trait;
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

pub(crate) use self::candidates::SettledNumbers;
use self::{
    lags::ReadLags,
    read::ReadEvents,
    record::{ClearRecipients, ExtendLease, RecordProgress, Subscribe},
    undelivered::{DeadLetterAction, ListUndelivered, ResolveDeadLetters},
};
use crate::PostgresStore;

#[async_trait]
impl EventReads for PostgresStore {
    async fn settled(&self) -> Result<EventId, StoreError> {
        settled::settled(self).await
    }

    async fn events(
        &self,
        filter: &EventFilter,
        after: EventId,
        up_to: EventId,
        limit: u32,
    ) -> Result<EventPage, StoreError> {
        self.read(&ReadEvents { filter, after, up_to, limit }).await
    }
}

#[async_trait]
impl SubscriptionStore for PostgresStore {
    async fn subscribe(&self, subscription: &Subscription) -> Result<(), StoreError> {
        let position = match subscription.start() {
            SubscriptionStart::Beginning => EventId::new(0),
            SubscriptionStart::End => settled::settled(self).await?,
        };
        self.write(&Subscribe { subscription, position }).await
    }

    async fn lease(&self, request: &LeaseRequest<'_>) -> Result<Option<LeasedBatch>, StoreError> {
        lease::lease(self, request).await
    }

    async fn record(
        &self,
        subscription: &Subscription,
        worker: &WorkerId,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(&RecordProgress { subscription, worker, progress, now }).await
    }

    async fn extend(
        &self,
        subscription: &Subscription,
        worker: &WorkerId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(&ExtendLease { subscription, worker, now, until }).await
    }

    async fn undelivered(
        &self,
        filter: UndeliveredFilter,
        after: Option<(EventId, Subscription)>,
        limit: u32,
    ) -> Result<Vec<UndeliveredEvent>, StoreError> {
        self.read(&ListUndelivered { filter, after, limit }).await
    }

    async fn requeue(
        &self,
        selection: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(&ResolveDeadLetters { selection, action: DeadLetterAction::Requeue(now) }).await
    }

    async fn discard(&self, selection: &DeadLetterSelection) -> Result<u64, StoreError> {
        self.write(&ResolveDeadLetters { selection, action: DeadLetterAction::Discard }).await
    }

    async fn lags(&self) -> Result<Vec<SubscriptionLag>, StoreError> {
        self.read(&ReadLags).await
    }

    async fn clear_recipients(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write(&ClearRecipients(before)).await
    }
}
