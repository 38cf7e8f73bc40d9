//! Messages.

use diesel::prelude::*;
use domain::archive::OutboxRecord;

use super::Moments;
use crate::{error::Unreadable, schema::outbox, time::micros};

/// A message without its lease, which does not travel.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
pub(in crate::archive) struct OutboxRow {
    pub(in crate::archive) id: i64,
    message: String,
    order_id: Option<i64>,
    created_at: i64,
    attempts: i64,
    next_attempt_at: i64,
    delivered_to: String,
    delivered_at: Option<i64>,
    dead_at: Option<i64>,
    last_error: Option<String>,
    traceparent: Option<String>,
}

impl OutboxRow {
    pub(in crate::archive) fn into_record(self) -> Result<OutboxRecord, Unreadable> {
        let moments = Moments::of("outbox", &self.id);
        let message = serde_json::from_str(&self.message)
            .map_err(|error| Unreadable::new("outbox", &self.id, &error))?;
        Ok(OutboxRecord {
            id: self.id,
            message,
            order_id: self.order_id,
            created_at: moments.read(self.created_at)?,
            attempts: self.attempts,
            next_attempt_at: moments.read(self.next_attempt_at)?,
            delivered_to: self.delivered_to,
            delivered_at: moments.read_some(self.delivered_at)?,
            dead_at: moments.read_some(self.dead_at)?,
            last_error: self.last_error,
            traceparent: self.traceparent,
        })
    }
}

impl From<OutboxRecord> for OutboxRow {
    fn from(record: OutboxRecord) -> Self {
        Self {
            id: record.id,
            message: record.message.to_string(),
            order_id: record.order_id,
            created_at: micros(record.created_at),
            attempts: record.attempts,
            next_attempt_at: micros(record.next_attempt_at),
            delivered_to: record.delivered_to,
            delivered_at: record.delivered_at.map(micros),
            dead_at: record.dead_at.map(micros),
            last_error: record.last_error,
            traceparent: record.traceparent,
        }
    }
}
