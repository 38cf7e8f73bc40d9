//! The ports of the journal. The doc of each method is its contract.

use std::{collections::HashSet, fmt};

use async_trait::async_trait;

pub use super::page::{EventFilter, EventPage};
use super::{DeliveryFailure, EventRecord, JournalEvent, ParkedEvent, ReceiverState, Subscription};
use crate::{EventId, OrderId, StoreError, Timestamp};

/// The name of a worker, unique per process, so that no worker records what another has leased.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkerId(String);

impl WorkerId {
    /// Wraps a name. Two workers that run at the same time must not share one.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads the journal. Writers append to it in the transactions of their changes: orders, products
/// and accounts have their own ports.
#[async_trait]
pub trait EventReads: Send + Sync {
    /// The number of the last event that is settled: no event with that number or a smaller one
    /// appears from now on. 0 for an empty journal.
    ///
    /// MUST be the number of an event, or 0, and MUST NOT be behind an event of a transaction that
    /// may still be committed. Of what one caller is told, no number may be smaller than one before.
    async fn settled(&self) -> Result<EventId, StoreError>;

    /// Up to `limit` events that the filter matches, by ascending number, those behind `after` and
    /// up to `up_to` only, which is a settled number. Requests for mails are not among them (see
    /// [`EventType::is_news`](super::EventType::is_news)).
    async fn events(
        &self,
        filter: &EventFilter,
        after: EventId,
        up_to: EventId,
        limit: u32,
    ) -> Result<EventPage, StoreError>;
}

/// What a worker asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRequest<'a> {
    /// The subscription.
    pub subscription: &'a Subscription,
    /// The worker.
    pub worker: &'a WorkerId,
    /// The present time.
    pub now: Timestamp,
    /// The end of the lease.
    pub until: Timestamp,
    /// The greatest number of parked events, and of others.
    pub limit: u32,
    /// The names of the types that the worker knows.
    pub known_types: &'a [&'a str],
}

/// What a worker has to do for a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedBatch {
    /// The position of the subscription: everything up to it is delivered or parked.
    pub position: EventId,
    /// The events behind the position that are delivered or parked as well.
    pub ahead: Vec<EventId>,
    /// What is known about the receiver.
    pub receiver: ReceiverState,
    /// The parked events that are due, oldest first.
    pub parked: Vec<(ParkedEvent, EventRecord)>,
    /// The settled events behind the position, oldest first, without [`Self::ahead`].
    pub next: Vec<EventRecord>,
    /// The orders of [`Self::next`] of which an event is parked.
    pub blocked: HashSet<OrderId>,
}

/// What becomes of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseEnd {
    /// The worker keeps it until then.
    Extend(Timestamp),
    /// Any worker may lease the subscription.
    Release,
}

/// What a worker has done for a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The new position.
    pub position: EventId,
    /// The events behind the position that are delivered or parked.
    pub ahead: Vec<EventId>,
    /// What is known about the receiver now.
    pub receiver: ReceiverState,
    /// The events that are parked, in their new state.
    pub parked: Vec<ParkedEvent>,
    /// The events that were parked, and are delivered now.
    pub unparked: Vec<EventId>,
    /// The events whose recipients are needed no longer.
    pub cleared: Vec<EventId>,
    /// What becomes of the lease.
    pub lease: LeaseEnd,
}

/// The events that an operator lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UndeliveredFilter {
    /// Dead letters only.
    #[default]
    Dead,
    /// All parked events, refused ones included.
    All,
}

/// A parked event, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndeliveredEvent {
    /// The subscription that has not got it.
    pub subscription: Subscription,
    /// How it is parked.
    pub parked: ParkedEvent,
    /// The name of its type.
    pub event_type: String,
    /// The time of the change that it reports.
    pub at: Timestamp,
}

/// Dead letters that an operator selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadLetterSelection {
    /// All dead letters.
    All,
    /// The dead letters among these events, in whichever subscription.
    Some(Vec<EventId>),
}

/// How far a subscription is behind the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionLag {
    /// The subscription.
    pub subscription: Subscription,
    /// The number of events that are not delivered and not given up. Numbers that the journal
    /// skipped may be counted.
    pub pending: u64,
    /// The number of dead letters.
    pub dead: u64,
    /// The time of the oldest event that is not delivered and not given up, if there is one.
    pub oldest: Option<Timestamp>,
    /// Until when it pauses, because its receiver is in trouble.
    pub paused_until: Option<Timestamp>,
}

/// Keeps the positions of subscriptions, and their parked events.
///
/// A parked event is *due* if it is retried or waits, its next attempt is not in the future, and no
/// earlier event of its order is parked in the same subscription, dead letters included and refused
/// ones not. One of an unknown type is due for a worker that knows the type, and for any when its
/// next attempt is not in the future.
#[async_trait]
pub trait SubscriptionStore: Send + Sync {
    /// Makes a subscription that does not exist, with its position where it
    /// [starts](Subscription::start).
    async fn subscribe(&self, subscription: &Subscription) -> Result<(), StoreError>;

    /// Leases a subscription, or goes on with the worker's own unexpired lease, and returns what
    /// there is to do. Returns `None`, and MUST NOT write, if there is nothing: no due parked event
    /// and no settled event behind the position; or if the subscription pauses or does not exist.
    ///
    /// At most one worker MUST hold the lease at a time, and workers MUST NOT wait for each other.
    /// An expired lease MUST NOT prevent a new one.
    async fn lease(&self, request: &LeaseRequest<'_>) -> Result<Option<LeasedBatch>, StoreError>;

    /// Stores what was done, in one transaction. MUST change nothing and return `false` if the
    /// worker does not hold an unexpired lease.
    async fn record(
        &self,
        subscription: &Subscription,
        worker: &WorkerId,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Extends the worker's unexpired lease. Returns `false` if it holds none.
    async fn extend(
        &self,
        subscription: &Subscription,
        worker: &WorkerId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Up to `limit` parked events by ascending number and subscription, those behind `after` only.
    async fn undelivered(
        &self,
        filter: UndeliveredFilter,
        after: Option<(EventId, Subscription)>,
        limit: u32,
    ) -> Result<Vec<UndeliveredEvent>, StoreError>;

    /// Makes dead letters due, with no attempts counted. Returns how many.
    async fn requeue(
        &self,
        selection: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Removes dead letters, which unblocks the later events of their orders. Returns how many.
    async fn discard(&self, selection: &DeadLetterSelection) -> Result<u64, StoreError>;

    /// How far each subscription is behind, by name.
    async fn lags(&self) -> Result<Vec<SubscriptionLag>, StoreError>;

    /// Removes the recipients of events that happened before that time. Returns how many.
    async fn clear_recipients(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// A store of events: both ports in one trait object.
pub trait EventStore: EventReads + SubscriptionStore {}

impl<S: EventReads + SubscriptionStore + ?Sized> EventStore for S {}

/// How a subscriber takes events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryMode {
    /// Many events in one call, in the order of the journal. Progress is recorded once a call.
    Batch,
    /// One event in one call, with that many calls at the same time, each for another order.
    /// Progress is recorded after each.
    Single {
        /// The greatest number of calls at the same time.
        concurrency: usize,
    },
}

/// When failures of single events count as trouble of the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleRule {
    /// Never.
    Never,
    /// When events of that many different accounts failed one after the other.
    Accounts(usize),
    /// When that many different events failed one after the other.
    Events(usize),
}

/// Delivers the events of one subscription.
///
/// An event may be delivered more than once.
#[async_trait]
pub trait EventSubscriber: Send + Sync {
    /// The subscription that it delivers.
    fn subscription(&self) -> Subscription;

    /// How it takes events.
    fn mode(&self) -> DeliveryMode;

    /// When failures of single events count as trouble of the receiver.
    fn trouble_rule(&self) -> TroubleRule;

    /// Whether there is something to deliver for the event. Others count as delivered.
    fn wants(&self, event: &JournalEvent) -> bool;

    /// Delivers events, one after the other, until one fails. Returns a result for each that was
    /// attempted: all but the last are `Ok`.
    async fn deliver(&self, events: &[JournalEvent]) -> Vec<Result<(), DeliveryFailure>>;
}
