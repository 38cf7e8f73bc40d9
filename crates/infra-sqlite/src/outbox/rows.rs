//! Rows of messages, and what they make.

use diesel::prelude::*;
use domain::{
    MessageId, Timestamp, TraceParent,
    outbox::{
        Channels, OutboxMessage,
        port::{Envelope, LeasedMessage, Letter},
    },
};

use crate::{
    error::{Failure, Unreadable},
    schema::outbox,
    time::moment,
};

/// What a worker needs to know of a message.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub(super) struct LeasedRow {
    pub(super) id: i64,
    message: String,
    created_at: i64,
    attempts: i64,
    delivered_to: String,
    traceparent: Option<String>,
}

impl LeasedRow {
    /// The trace that it belongs to. One that cannot be read is no reason not to deliver.
    pub(super) fn trace(&self) -> Option<TraceParent> {
        self.traceparent.as_deref().and_then(|trace| trace.parse().ok())
    }

    /// The message, or why it cannot be read.
    pub(super) fn into_leased(self) -> Result<LeasedMessage, String> {
        let message = serde_json::from_str(&self.message)
            .map_err(|error| format!("the message cannot be read: {error}"))?;
        let done = self.delivered_to.parse().map_err(|_unknown| {
            "it went out on a channel that this program does not know".to_owned()
        })?;
        let created_at = moment(self.created_at)
            .ok_or_else(|| "it was written at a moment beyond the calendar".to_owned())?;
        let trace = self.trace();
        Ok(LeasedMessage {
            envelope: Envelope { id: MessageId::new(self.id), message, created_at, trace },
            attempts: attempts(self.attempts),
            done,
        })
    }
}

/// What an operator sees of a message.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub(super) struct LetterRow {
    id: i64,
    message: String,
    created_at: i64,
    attempts: i64,
    delivered_to: String,
    dead_at: Option<i64>,
    last_error: Option<String>,
}

impl LetterRow {
    /// The letter. One whose message cannot be read is shown too: an operator has to decide about it.
    pub(super) fn into_letter(self) -> Result<Letter, Failure> {
        let id = self.id;
        let at = |micros| -> Result<Timestamp, Failure> {
            let beyond = || Unreadable::new("outbox", &id, &"a moment beyond the calendar");
            Ok(moment(micros).ok_or_else(beyond)?)
        };
        Ok(Letter {
            id: MessageId::new(id),
            message: serde_json::from_str::<OutboxMessage>(&self.message).ok(),
            created_at: at(self.created_at)?,
            attempts: attempts(self.attempts),
            // Words that are no channel's are among the reasons for a message to be dead.
            done: self.delivered_to.parse::<Channels>().unwrap_or_default(),
            dead_at: self.dead_at.map(at).transpose()?,
            last_error: self.last_error,
        })
    }
}

/// A count of attempts. The database keeps it from being negative.
fn attempts(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
