//! Rows of messages, and what they make.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Timestamptz},
};
use domain::{
    MessageId, Timestamp, TraceParent,
    outbox::{
        Channels, OutboxMessage,
        port::{Envelope, LeasedMessage, Letter},
    },
};

/// What a worker needs to know of a message that it has leased.
#[derive(QueryableByName)]
pub(super) struct LeasedRow {
    #[diesel(sql_type = BigInt)]
    pub(super) id: i64,
    #[diesel(sql_type = Text)]
    message: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
    #[diesel(sql_type = Text)]
    delivered_to: String,
    #[diesel(sql_type = Timestamptz)]
    next_attempt_at: Timestamp,
    #[diesel(sql_type = Nullable<Text>)]
    traceparent: Option<String>,
}

impl LeasedRow {
    /// What messages are leased by: those come first whose time came first.
    pub(super) fn turn(&self) -> (Timestamp, i64) {
        (self.next_attempt_at, self.id)
    }

    /// The trace that it belongs to. One that cannot be read is no reason not to deliver.
    pub(super) fn trace(&self) -> Option<TraceParent> {
        self.traceparent.as_deref().and_then(|trace| trace.parse().ok())
    }

    /// The message, or why it cannot be read.
    pub(super) fn into_leased(self) -> Result<LeasedMessage, String> {
        let trace = self.trace();
        let message = serde_json::from_str(&self.message)
            .map_err(|error| format!("the message cannot be read: {error}"))?;
        let done = self.delivered_to.parse().map_err(|_unknown| {
            "it went out on a channel that this program does not know".to_owned()
        })?;
        Ok(LeasedMessage {
            envelope: Envelope {
                id: MessageId::new(self.id),
                message,
                created_at: self.created_at,
                trace,
            },
            attempts: attempts(self.attempts),
            done,
        })
    }
}

/// What an operator sees of a message.
#[derive(QueryableByName)]
pub(super) struct LetterRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    message: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
    #[diesel(sql_type = Text)]
    delivered_to: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    dead_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Text>)]
    last_error: Option<String>,
}

impl From<LetterRow> for Letter {
    /// One whose message cannot be read is shown too: an operator has to decide about it.
    fn from(row: LetterRow) -> Self {
        Self {
            id: MessageId::new(row.id),
            message: serde_json::from_str::<OutboxMessage>(&row.message).ok(),
            created_at: row.created_at,
            attempts: attempts(row.attempts),
            // Words that are no channel's are among the reasons for a message to be dead.
            done: row.delivered_to.parse::<Channels>().unwrap_or_default(),
            dead_at: row.dead_at,
            last_error: row.last_error,
        }
    }
}

/// A count of attempts. The database keeps it from being negative.
fn attempts(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
