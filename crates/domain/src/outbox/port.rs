//! The ports of the outbox and of deliveries. The doc of each method is its contract.

use std::fmt;

use async_trait::async_trait;

use super::{Channel, Channels, OutboxEvent};
use crate::{Cause, OutboxEventId, StoreError, Timestamp, TraceParent};

/// The name of a worker, unique per process, so that no worker settles an event that another has
/// leased.
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

/// An event with its metadata, as handlers get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The identifier of the event. It is the same in every delivery, so receivers can recognize
    /// repetitions.
    pub id: OutboxEventId,
    /// The event.
    pub event: OutboxEvent,
    /// The time of the change that the event reports.
    pub created_at: Timestamp,
    /// The trace of the request that made the change, if there is one.
    pub trace: Option<TraceParent>,
}

/// An event that a worker has leased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedEvent {
    /// The event with its metadata.
    pub envelope: Envelope,
    /// The number of attempts to deliver it, this one included.
    pub attempts: u32,
    /// The channels on which earlier attempts delivered it.
    pub done: Channels,
}

/// The outcome of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The event is delivered on every channel.
    Delivered {
        /// A note for operators, such as why a channel could not take it.
        note: Option<String>,
    },
    /// The delivery failed and is to be retried.
    Retry {
        /// The earliest time of the next attempt.
        at: Timestamp,
        /// The reason of the failure, without personal data.
        error: String,
    },
    /// The delivery failed and is given up: the event becomes a dead letter.
    Dead {
        /// The reason of the failure, without personal data.
        error: String,
    },
}

/// The result of delivering one leased event, to be written to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The identifier of the event.
    pub id: OutboxEventId,
    /// The channels on which it is delivered, those of earlier attempts included.
    pub done: Channels,
    /// The outcome of this attempt.
    pub outcome: DeliveryOutcome,
}

/// The undelivered events that an operator lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UndeliveredFilter {
    /// Dead letters only.
    #[default]
    Dead,
    /// Pending events and dead letters.
    All,
}

/// An event that is not delivered, pending or dead, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndeliveredEvent {
    /// The identifier of the event.
    pub id: OutboxEventId,
    /// The event; `None` if the stored JSON cannot be parsed.
    pub event: Option<OutboxEvent>,
    /// The time of the change that the event reports.
    pub created_at: Timestamp,
    /// The number of attempts so far.
    pub attempts: u32,
    /// The channels on which it is delivered.
    pub done: Channels,
    /// The time when it became a dead letter; `None` if it is pending.
    pub dead_at: Option<Timestamp>,
    /// The reason of the last failure, if an attempt failed.
    pub last_error: Option<String>,
}

/// Dead letters that an operator selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadLetterSelection {
    /// All dead letters.
    All,
    /// The dead letters among these events.
    Some(Vec<OutboxEventId>),
}

/// The number of undelivered events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxDepth {
    /// The number of pending events.
    pub waiting: u64,
    /// The number of dead letters.
    pub dead: u64,
    /// The time of the oldest pending event, if there is one.
    pub oldest: Option<Timestamp>,
}

/// Leases events for delivery and stores the results. The stores of orders and accounts write the
/// events.
///
/// An event is *due* if it is neither delivered nor dead, its next attempt is not in the future, no
/// worker has an unexpired lease on it, and no earlier event of the same order is undelivered, dead
/// letters included.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Leases up to `limit` due events until `until`, and counts an attempt for each. Events whose
    /// next attempt is earlier come first, and of equals those that were written earlier.
    ///
    /// At most one worker MUST hold a lease on an event at a time, and workers MUST NOT wait for
    /// each other. An expired lease MUST NOT prevent a new one. An event whose stored JSON cannot
    /// be parsed becomes a dead letter with the reason, and is not returned.
    async fn lease(
        &self,
        worker: &WorkerId,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<LeasedEvent>, StoreError>;

    /// Stores the results of deliveries and ends their leases, in one transaction. An event that
    /// the worker no longer leases MUST stay unchanged. Returns how many results were stored.
    async fn settle(
        &self,
        worker: &WorkerId,
        settlements: &[Settlement],
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Releases the leases on events that were not attempted: they are due at once, and the attempt
    /// does not count. Returns how many leases were released.
    async fn release(&self, worker: &WorkerId, events: &[OutboxEventId])
    -> Result<u64, StoreError>;

    /// Up to `limit` undelivered events by ascending id, those behind `after` only.
    async fn undelivered(
        &self,
        filter: UndeliveredFilter,
        after: Option<OutboxEventId>,
        limit: u32,
    ) -> Result<Vec<UndeliveredEvent>, StoreError>;

    /// Makes dead letters pending and due, with no attempts counted. The channels on which they are
    /// delivered stay so. Returns how many dead letters were requeued.
    async fn requeue(
        &self,
        selection: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Marks dead letters as delivered, with a note that they were discarded, which unblocks the
    /// later events of their orders. Returns how many dead letters were discarded.
    async fn discard(
        &self,
        selection: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// The number of undelivered events.
    async fn depth(&self) -> Result<OutboxDepth, StoreError>;
}

/// The result of a delivery on one channel that did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryReceipt {
    /// The event was sent, or the channel has nothing to send for it.
    Done,
    /// The event can never be sent on this channel, because, for example, an address does not
    /// exist: retrying does not help. Holds the reason, without personal data.
    Undeliverable(String),
}

/// A delivery on one channel failed and may succeed later.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the event was not delivered")]
pub struct DeliveryError(#[source] pub Cause);

/// Delivers events on one channel.
///
/// An event may be delivered more than once. An implementation MUST return within seconds, and MUST
/// NOT put personal data into errors.
#[async_trait]
pub trait EventHandler: Send + Sync {
    /// The channel on which it delivers.
    fn channel(&self) -> Channel;

    /// Delivers one event.
    async fn deliver(&self, envelope: &Envelope) -> Result<DeliveryReceipt, DeliveryError>;
}
