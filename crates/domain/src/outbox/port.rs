//! What delivering messages needs from the outside. The doc of each method is its contract.

use std::fmt;

use async_trait::async_trait;

use super::{Channel, Channels, OutboxEvent};
use crate::{Cause, OutboxEventId, StoreError, Timestamp, TraceParent};

/// Who delivers: unique to a process, so that nobody settles what another has leased.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkerId(String);

impl WorkerId {
    /// The worker of that name. Two that run at the same time must not share one.
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

/// A message, and when what it tells of happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Its number: a message that is delivered twice has the same both times.
    pub id: OutboxEventId,
    /// What it says.
    pub event: OutboxEvent,
    /// When it was written.
    pub created_at: Timestamp,
    /// The trace that what it tells of belongs to.
    pub trace: Option<TraceParent>,
}

/// A message that a worker has for itself, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedEvent {
    /// The message.
    pub envelope: Envelope,
    /// How often its delivery was begun, this time included.
    pub attempts: u32,
    /// The channels on which it went out before.
    pub done: Channels,
}

/// What came of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// It is done.
    Delivered {
        /// Something an operator may want to know about it.
        note: Option<String>,
    },
    /// It is tried again.
    Retry {
        /// Not before this.
        at: Timestamp,
        /// Why. No personal data.
        error: String,
    },
    /// It is given up.
    Dead {
        /// Why. No personal data.
        error: String,
    },
}

/// What came of the delivery of one message, to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Which message.
    pub id: OutboxEventId,
    /// The channels on which it has gone out by now.
    pub done: Channels,
    /// What came of it.
    pub outcome: DeliveryOutcome,
}

/// Which messages an operator wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UndeliveredFilter {
    /// Those that were given up.
    #[default]
    Dead,
    /// All that are not delivered.
    Undelivered,
}

/// A message that is not delivered, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndeliveredEvent {
    /// Its number.
    pub id: OutboxEventId,
    /// What it says; `None` if it cannot be read.
    pub event: Option<OutboxEvent>,
    /// When it was written.
    pub created_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// The channels on which it went out.
    pub done: Channels,
    /// When it was given up, if it was.
    pub dead_at: Option<Timestamp>,
    /// What was wrong the last time.
    pub last_error: Option<String>,
}

/// Some messages, named by an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadLetterSelection {
    /// Every dead one.
    All,
    /// The dead ones among these.
    Some(Vec<OutboxEventId>),
}

/// How much waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxDepth {
    /// Messages that are neither delivered nor dead.
    pub waiting: u64,
    /// Messages that were given up.
    pub dead: u64,
    /// When the oldest of those that wait was written.
    pub oldest: Option<Timestamp>,
}

/// Hands messages out for delivery. Writing them is the other stores' part.
///
/// A message is *due* if it is neither delivered nor dead, its next attempt is not in the future, nobody has
/// an unexpired lease on it, and no earlier message about the same order is undelivered, dead ones included.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Leases up to `limit` due messages until `until`, and counts an attempt for each. Those come first whose
    /// time came first, and of equals the one that was written first.
    ///
    /// Of any number of workers at most one MUST have a message at a time, and they MUST NOT wait for each
    /// other. A lease whose time is over MUST be as good as none. A message that cannot be read is dead from
    /// now on, with the reason, and is not among those that are returned.
    async fn lease(
        &self,
        worker: &WorkerId,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<LeasedEvent>, StoreError>;

    /// Writes down what came of deliveries and ends their leases, in one transaction. A message that the
    /// worker has no lease on any more MUST be left as it is. Returns how many were written.
    async fn settle(
        &self,
        worker: &WorkerId,
        settlements: &[Settlement],
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Hands back the leases on messages that were not tried: they are due at once, and the attempt does
    /// not count. Returns how many.
    async fn release(
        &self,
        worker: &WorkerId,
        messages: &[OutboxEventId],
    ) -> Result<u64, StoreError>;

    /// Undelivered messages, the earliest first, of those behind `after`.
    async fn undelivered(
        &self,
        filter: UndeliveredFilter,
        after: Option<OutboxEventId>,
        limit: u32,
    ) -> Result<Vec<UndeliveredEvent>, StoreError>;

    /// Makes dead messages due again, with no attempts counted. What they were delivered on stays done.
    /// Returns how many.
    async fn requeue(
        &self,
        letters: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Takes dead messages for delivered, with a note that they were discarded, so that those behind them go
    /// on. Returns how many.
    async fn discard(
        &self,
        letters: &DeadLetterSelection,
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// How much waits.
    async fn depth(&self) -> Result<OutboxDepth, StoreError>;
}

/// A delivery that worked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryReceipt {
    /// It went out, or there is nothing in it for this channel.
    Done,
    /// It can never go out on this channel, which nobody can change by trying again: an address that does
    /// not exist. Says why, without personal data.
    Undeliverable(String),
}

/// A delivery that did not work, and may the next time.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the message was not delivered")]
pub struct DeliveryError(#[source] pub Cause);

/// Tells others, on one channel.
///
/// A message may come more than once. An implementation MUST return within seconds, and MUST NOT put
/// personal data into errors.
#[async_trait]
pub trait EventHandler: Send + Sync {
    /// The channel it serves.
    fn channel(&self) -> Channel;

    /// Tells what the message says.
    async fn deliver(&self, envelope: &Envelope) -> Result<DeliveryReceipt, DeliveryError>;
}
