//! Rows of the outbox.

use diesel::Queryable;
use domain::{
    OutboxEventId, Timestamp, TraceParent,
    outbox::{
        Channels, OutboxEvent,
        port::{Envelope, LeasedEvent, OutboxDepth, UndeliveredEvent},
    },
};

use crate::{Field, Unreadable};

/// What a worker needs of a message that it leases.
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

/// The columns of a [`LeasedRow`] in that table.
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

impl<Time: Field<Timestamp>> LeasedRow<Time> {
    /// The trace that it belongs to. One that cannot be read is no reason not to deliver.
    fn trace(&self) -> Option<TraceParent> {
        self.traceparent.as_deref().and_then(|trace| trace.parse().ok())
    }

    /// The message.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn into_leased(self) -> Result<LeasedEvent, String> {
        let trace = self.trace();
        let event = serde_json::from_str(&self.message)
            .map_err(|error| format!("the message cannot be read: {error}"))?;
        let done = self.delivered_to.parse().map_err(|_unknown| {
            "it went out on a channel that this program does not know".to_owned()
        })?;
        let created_at =
            self.created_at.read().map_err(|error| format!("it was written at {error}"))?;
        Ok(LeasedEvent {
            envelope: Envelope { id: OutboxEventId::new(self.id), event, created_at, trace },
            attempts: attempts(self.attempts),
            done,
        })
    }
}

/// Messages that a worker leases, and those that cannot be read.
#[derive(Debug, Default)]
pub struct Leased {
    /// The messages, in the order of their rows.
    pub messages: Vec<LeasedEvent>,
    /// The numbers of the unreadable ones, which the store gives up.
    pub unreadable: Vec<i64>,
    /// Why each of those cannot be read.
    pub reasons: Vec<String>,
}

impl Leased {
    /// Reads these rows, and logs those that cannot be read.
    pub fn of<Time: Field<Timestamp>>(rows: impl IntoIterator<Item = LeasedRow<Time>>) -> Self {
        let mut leased = Self::default();
        for row in rows {
            let (id, trace_id) = (row.id, row.trace().map(TraceParent::trace_hex));
            match row.into_leased() {
                Ok(message) => leased.messages.push(message),
                Err(reason) => {
                    tracing::error!(message_id = id, trace_id, "message {id} is dead: {reason}");
                    leased.unreadable.push(id);
                    leased.reasons.push(reason);
                }
            }
        }
        leased
    }
}

/// What an operator sees of a message that is not delivered.
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

/// The columns of an [`UndeliveredRow`] in that table.
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

impl<Time: Field<Timestamp>> UndeliveredRow<Time> {
    /// The message. One that cannot be read is shown too: an operator has to decide about it.
    ///
    /// # Errors
    /// [`Unreadable`] if a timestamp is none.
    pub fn into_letter(self) -> Result<UndeliveredEvent, Unreadable> {
        let time =
            |at: Time| at.read().map_err(|error| Unreadable::new("outbox", &self.id, &error));
        Ok(UndeliveredEvent {
            id: OutboxEventId::new(self.id),
            event: serde_json::from_str::<OutboxEvent>(&self.message).ok(),
            created_at: time(self.created_at)?,
            attempts: attempts(self.attempts),
            // Words that are no channel's are among the reasons for a message to be dead.
            done: self.delivered_to.parse::<Channels>().unwrap_or_default(),
            dead_at: self.dead_at.map(time).transpose()?,
            last_error: self.last_error,
        })
    }
}

/// How much waits, of counts and of when the oldest of those that wait was written.
///
/// # Errors
/// [`Unreadable`] if that is no timestamp.
pub fn outbox_depth<Time: Field<Timestamp>>(
    waiting: i64,
    dead: i64,
    oldest: Option<Time>,
) -> Result<OutboxDepth, Unreadable> {
    let number = |count| u64::try_from(count).unwrap_or_default();
    let oldest = oldest.map(Field::read).transpose();
    let unreadable = |error: String| Unreadable::new("outbox", &"of the oldest message", &error);
    Ok(OutboxDepth {
        waiting: number(waiting),
        dead: number(dead),
        oldest: oldest.map_err(unreadable)?,
    })
}

/// A count of attempts. The database keeps it from being negative.
fn attempts(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
