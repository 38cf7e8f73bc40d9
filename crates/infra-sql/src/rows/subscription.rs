//! Rows of subscriptions and of the events that they have parked.

use diesel::Queryable;
use domain::{
    EventId, OrderId, Timestamp,
    events::{
        ParkedEvent, ReceiverState, Subscription,
        port::{SubscriptionLag, UndeliveredEvent},
    },
};

use crate::{ColumnValue, Unreadable};

/// A subscription, without its lease.
#[derive(Debug, Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct SubscriptionRow<Time> {
    pub position: i64,
    pub ahead: String,
    pub failures: i64,
    pub paused_until: Option<Time>,
    pub last_error: Option<String>,
}

/// The columns of a [`SubscriptionRow`] in this table.
#[macro_export]
macro_rules! subscription_columns {
    ($subscriptions:ident) => {
        (
            $subscriptions::position,
            $subscriptions::ahead,
            $subscriptions::failures,
            $subscriptions::paused_until,
            $subscriptions::last_error,
        )
    };
}

/// How far a subscription is, and what is known about its receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionState {
    /// Everything up to this event is delivered or parked.
    pub position: EventId,
    /// Events behind the position that are delivered or parked too.
    pub ahead: Vec<EventId>,
    /// What is known about the receiver.
    pub receiver: ReceiverState,
}

impl<Time: ColumnValue<Timestamp>> SubscriptionRow<Time> {
    /// Converts the row.
    ///
    /// # Errors
    /// [`Unreadable`] if a number or a timestamp is invalid.
    pub fn into_state(self) -> Result<SubscriptionState, Unreadable> {
        let unreadable = |error: String| Unreadable::new("subscriptions", &self.position, &error);
        let number = |word: &str| word.parse().map(EventId::new);
        let ahead = self.ahead.split_whitespace().map(number).collect::<Result<_, _>>();
        Ok(SubscriptionState {
            position: EventId::new(self.position),
            ahead: ahead.map_err(|error| unreadable(format!("{error} in `ahead`")))?,
            receiver: ReceiverState {
                failures: u32::try_from(self.failures).unwrap_or(u32::MAX),
                paused_until: self
                    .paused_until
                    .map(ColumnValue::read)
                    .transpose()
                    .map_err(unreadable)?,
                last_error: self.last_error,
            },
        })
    }
}

/// The numbers of events behind a position, as the column `ahead` has them.
pub fn ahead_text(ahead: &[EventId]) -> String {
    ahead.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// A parked event.
#[derive(Debug, Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct ParkedRow<Time> {
    pub event_id: i64,
    pub order_id: Option<i64>,
    pub state: String,
    pub attempts: i64,
    pub unanswered: i64,
    pub failing_since: Option<Time>,
    pub next_attempt_at: Time,
    pub last_error: Option<String>,
}

/// The columns of a [`ParkedRow`] in this table.
#[macro_export]
macro_rules! parked_columns {
    ($parked_events:ident) => {
        (
            $parked_events::event_id,
            $parked_events::order_id,
            $parked_events::state,
            $parked_events::attempts,
            $parked_events::unanswered,
            $parked_events::failing_since,
            $parked_events::next_attempt_at,
            $parked_events::last_error,
        )
    };
}

impl<Time: ColumnValue<Timestamp>> ParkedRow<Time> {
    /// Converts the row.
    ///
    /// # Errors
    /// [`Unreadable`] if the state or a timestamp is invalid.
    pub fn into_parked(self) -> Result<ParkedEvent, Unreadable> {
        let unreadable = |error: String| Unreadable::new("parked_events", &self.event_id, &error);
        let state = self.state.parse();
        Ok(ParkedEvent {
            id: EventId::new(self.event_id),
            order: self.order_id.map(OrderId::new),
            state: state.map_err(|_unknown| unreadable(format!("unknown state {}", self.state)))?,
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
            unanswered: self.unanswered != 0,
            failing_since: self
                .failing_since
                .map(ColumnValue::read)
                .transpose()
                .map_err(unreadable)?,
            next_attempt_at: self.next_attempt_at.read().map_err(unreadable)?,
            last_error: self.last_error,
        })
    }

    /// Converts the row, for an operator.
    ///
    /// # Errors
    /// [`Unreadable`] if the state or a timestamp is invalid.
    pub fn into_undelivered(
        self,
        subscription: String,
        event_type: String,
        at: Time,
    ) -> Result<UndeliveredEvent, Unreadable> {
        let id = self.event_id;
        Ok(UndeliveredEvent {
            subscription: Subscription::named(subscription),
            parked: self.into_parked()?,
            event_type,
            at: at.read().map_err(|error| Unreadable::new("events", &id, &error))?,
        })
    }
}

/// How far a subscription is behind.
#[derive(Debug, Queryable)]
pub struct LagRow<Time> {
    /// The name of the subscription.
    pub name: String,
    /// Until when it pauses.
    pub paused_until: Option<Time>,
    /// The number of events behind the position, and of parked ones that are not given up.
    pub pending: i64,
    /// The number of dead letters.
    pub dead: i64,
    /// The time of the first event behind the position.
    pub oldest_next: Option<Time>,
    /// The time of the oldest parked event that is not given up.
    pub oldest_parked: Option<Time>,
}

impl<Time: ColumnValue<Timestamp>> LagRow<Time> {
    /// Converts the row.
    ///
    /// # Errors
    /// [`Unreadable`] if a timestamp is invalid.
    pub fn into_lag(self) -> Result<SubscriptionLag, Unreadable> {
        let name = self.name;
        let time = |at: Option<Time>| {
            let read = at.map(ColumnValue::read).transpose();
            read.map_err(|error| Unreadable::new("subscriptions", &name, &error))
        };
        let (next, parked) = (time(self.oldest_next)?, time(self.oldest_parked)?);
        Ok(SubscriptionLag {
            paused_until: time(self.paused_until)?,
            pending: u64::try_from(self.pending).unwrap_or_default(),
            dead: u64::try_from(self.dead).unwrap_or_default(),
            oldest: next.into_iter().chain(parked).min(),
            subscription: Subscription::named(name.clone()),
        })
    }
}
