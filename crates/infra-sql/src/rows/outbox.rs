//! Rows of the outbox.

use diesel::Queryable;
use domain::{
    OutboxEventId, Timestamp, TraceParent,
    outbox::{
        Channels, OutboxEvent,
        port::{Envelope, LeasedEvent, OutboxDepth, UndeliveredEvent},
    },
};

use crate::{ColumnValue, Unreadable};

/// A leased event.
#[derive(Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct LeasedRow<Time> {
    pub id: i64,
    pub message: String,
    pub created_at: Time,
    pub attempts: i64,
    pub delivered_to: String,
    pub traceparent: Option<String>,
}

/// The columns of a [`LeasedRow`] in this table.
#[macro_export]
macro_rules! leased_columns {
    ($outbox:ident) => {
        (
            $outbox::id,
            $outbox::message,
            $outbox::created_at,
            $outbox::attempts,
            $outbox::delivered_to,
            $outbox::traceparent,
        )
    };
}

impl<Time: ColumnValue<Timestamp>> LeasedRow<Time> {
    /// The trace that the event belongs to. An event with an unreadable trace is delivered without
    /// one.
    fn trace(&self) -> Option<TraceParent> {
        self.traceparent.as_deref().and_then(|trace| trace.parse().ok())
    }

    /// Converts the row to a leased event.
    ///
    /// # Errors
    /// The reason why the event is unreadable, for operators.
    fn into_leased(self) -> Result<LeasedEvent, String> {
        let trace = self.trace();
        let event = serde_json::from_str(&self.message)
            .map_err(|error| format!("the event cannot be read: {error}"))?;
        let done = self.delivered_to.parse().map_err(|_unknown| {
            "it was delivered on a channel that this program does not know".to_owned()
        })?;
        let created_at =
            self.created_at.read().map_err(|error| format!("it was created at {error}"))?;
        Ok(LeasedEvent {
            envelope: Envelope { id: OutboxEventId::new(self.id), event, created_at, trace },
            attempts: attempts(self.attempts),
            done,
        })
    }
}

/// Leased events, and those that are unreadable.
#[derive(Debug, Default)]
pub struct Leased {
    /// The events, in the order of their rows.
    pub messages: Vec<LeasedEvent>,
    /// The ids of the unreadable events, which the store makes dead letters.
    pub unreadable: Vec<i64>,
    /// For each unreadable event, the reason.
    pub reasons: Vec<String>,
}

impl Leased {
    /// Converts these rows, and logs the unreadable ones.
    pub fn of<Time: ColumnValue<Timestamp>>(
        rows: impl IntoIterator<Item = LeasedRow<Time>>,
    ) -> Self {
        let mut leased = Self::default();
        for row in rows {
            let (id, trace_id) = (row.id, row.trace().map(TraceParent::trace_hex));
            match row.into_leased() {
                Ok(event) => leased.messages.push(event),
                Err(reason) => {
                    tracing::error!(
                        message_id = id,
                        trace_id,
                        "outbox event {id} is a dead letter: {reason}"
                    );
                    leased.unreadable.push(id);
                    leased.reasons.push(reason);
                }
            }
        }
        leased
    }
}

/// An undelivered event, as an operator sees it.
#[derive(Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct UndeliveredRow<Time> {
    pub id: i64,
    pub message: String,
    pub created_at: Time,
    pub attempts: i64,
    pub delivered_to: String,
    pub dead_at: Option<Time>,
    pub last_error: Option<String>,
}

/// The columns of an [`UndeliveredRow`] in this table.
#[macro_export]
macro_rules! undelivered_columns {
    ($outbox:ident) => {
        (
            $outbox::id,
            $outbox::message,
            $outbox::created_at,
            $outbox::attempts,
            $outbox::delivered_to,
            $outbox::dead_at,
            $outbox::last_error,
        )
    };
}

impl<Time: ColumnValue<Timestamp>> UndeliveredRow<Time> {
    /// Converts the row to an undelivered event. An unreadable event is returned too, as an
    /// operator has to requeue or discard it.
    ///
    /// # Errors
    /// [`Unreadable`] if a timestamp is invalid.
    pub fn into_undelivered(self) -> Result<UndeliveredEvent, Unreadable> {
        let time =
            |at: Time| at.read().map_err(|error| Unreadable::new("outbox", &self.id, &error));
        Ok(UndeliveredEvent {
            id: OutboxEventId::new(self.id),
            event: serde_json::from_str::<OutboxEvent>(&self.message).ok(),
            created_at: time(self.created_at)?,
            attempts: attempts(self.attempts),
            // An unknown channel makes an event a dead letter, so it must not be an error here.
            done: self.delivered_to.parse::<Channels>().unwrap_or_default(),
            dead_at: self.dead_at.map(time).transpose()?,
            last_error: self.last_error,
        })
    }
}

/// The depth of the outbox, from the numbers of pending events and of dead letters, and the
/// timestamp of the oldest pending event.
///
/// # Errors
/// [`Unreadable`] if the timestamp is invalid.
pub fn outbox_depth<Time: ColumnValue<Timestamp>>(
    pending: i64,
    dead: i64,
    oldest: Option<Time>,
) -> Result<OutboxDepth, Unreadable> {
    let number = |count| u64::try_from(count).unwrap_or_default();
    let oldest = oldest.map(ColumnValue::read).transpose();
    let unreadable = |error: String| Unreadable::new("outbox", &"of the oldest event", &error);
    Ok(OutboxDepth {
        waiting: number(pending),
        dead: number(dead),
        oldest: oldest.map_err(unreadable)?,
    })
}

/// A number of attempts. A constraint keeps it from being negative.
fn attempts(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
