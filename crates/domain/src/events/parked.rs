//! Events that a subscription has set aside: retried later, waiting behind others, given up or
//! refused.

use std::{fmt, str::FromStr};

use crate::{EventId, OrderId, Timestamp};

/// An event that a subscription's position has passed, or may pass, although it is not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedEvent {
    /// The event.
    pub id: EventId,
    /// The order that it happened to. Later events of the order park behind it.
    pub order: Option<OrderId>,
    /// Why it is parked.
    pub state: ParkedState,
    /// The number of attempts to deliver it.
    pub attempts: u32,
    /// Whether an attempt was not answered, so that the event may have been delivered.
    pub unanswered: bool,
    /// The time of the first failed attempt, or of the first one since an operator requeued it.
    pub failing_since: Option<Timestamp>,
    /// The earliest time of the next attempt.
    pub next_attempt_at: Timestamp,
    /// The reason of the last failure, without personal data.
    pub last_error: Option<String>,
}

impl ParkedEvent {
    /// An event that no attempt was made for.
    pub const fn new(
        id: EventId,
        order: Option<OrderId>,
        state: ParkedState,
        next_attempt_at: Timestamp,
    ) -> Self {
        Self {
            id,
            order,
            state,
            attempts: 0,
            unanswered: false,
            failing_since: None,
            next_attempt_at,
            last_error: None,
        }
    }
}

/// Why an event is parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParkedState {
    /// An attempt failed, and another one follows.
    Retrying,
    /// An earlier event of the same order is parked.
    Waiting,
    /// The worker that read it does not know its type. One that does delivers it.
    UnknownType,
    /// It was given up: a dead letter. Later events of the order wait until an operator requeues or
    /// discards it.
    Dead,
    /// The receiver refused it for good. It is kept for operators, and nothing waits for it.
    Refused,
}

impl ParkedState {
    /// All states.
    pub const ALL: [Self; 5] =
        [Self::Retrying, Self::Waiting, Self::UnknownType, Self::Dead, Self::Refused];

    /// The name of the state, as stores write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retrying => "retrying",
            Self::Waiting => "waiting",
            Self::UnknownType => "unknown_type",
            Self::Dead => "dead",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for ParkedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not the name of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the state of a parked event")]
pub struct UnknownParkedState;

impl FromStr for ParkedState {
    type Err = UnknownParkedState;

    fn from_str(raw: &str) -> Result<Self, UnknownParkedState> {
        Self::ALL.into_iter().find(|known| known.as_str() == raw).ok_or(UnknownParkedState)
    }
}
