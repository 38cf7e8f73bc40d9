//! The outbox: writing what others want to know into it, here; and the port that hands it out, in the modules
//! below.

pub(crate) mod lease;
pub(crate) mod letters;
mod rows;
mod settle;

use async_trait::async_trait;
use diesel::{SqliteConnection, connection::Connection as _, prelude::*};
use domain::{
    MessageId, OrderId, StoreError, Timestamp, TraceParent,
    outbox::{
        OutboxMessage,
        port::{
            LeasedMessage, Letter, LetterChoice, LetterFilter, OutboxDepth, OutboxStore,
            Settlement, WorkerId,
        },
    },
};

use self::letters::Verdict;
use crate::{
    SqliteStore,
    error::Failure,
    schema::{ROWS_PER_STATEMENT, outbox},
    time::micros,
};

#[derive(Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
struct NewRow {
    message: String,
    order_id: Option<i64>,
    created_at: i64,
    next_attempt_at: i64,
    traceparent: Option<String>,
}

/// Puts messages into the outbox, in this order, due at once: each with when what it tells of happened, and in which
/// trace.
pub(crate) fn push(
    conn: &mut SqliteConnection,
    messages: impl IntoIterator<Item = (OutboxMessage, Timestamp, Option<TraceParent>)>,
) -> Result<(), Failure> {
    let rows = messages
        .into_iter()
        .map(|(message, at, trace)| {
            Ok(NewRow {
                message: serde_json::to_string(&message)?,
                order_id: message.order().map(OrderId::get),
                created_at: micros(at),
                next_attempt_at: micros(at),
                traceparent: trace.map(|trace| trace.to_string()),
            })
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        diesel::insert_into(outbox::table).values(chunk).execute(conn)?;
    }
    Ok(())
}

#[async_trait]
impl OutboxStore for SqliteStore {
    async fn lease(
        &self,
        worker: &WorkerId,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<LeasedMessage>, StoreError> {
        let worker = worker.clone();
        self.write(move |conn| Ok(lease::lease(conn, &worker, limit, now, until)?)).await
    }

    async fn settle(
        &self,
        worker: &WorkerId,
        settlements: &[Settlement],
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let (worker, settlements) = (worker.clone(), settlements.to_vec());
        self.write(move |conn| Ok(count(settle::settle(conn, &worker, &settlements, now)?))).await
    }

    async fn release(&self, worker: &WorkerId, messages: &[MessageId]) -> Result<u64, StoreError> {
        let (worker, messages) = (worker.clone(), messages.to_vec());
        self.write(move |conn| Ok(count(lease::release(conn, &worker, &messages)?))).await
    }

    async fn letters(
        &self,
        filter: LetterFilter,
        after: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<Letter>, StoreError> {
        self.read(move |conn| letters::letters(conn, filter, after, limit)).await
    }

    async fn requeue(&self, letters: &LetterChoice, now: Timestamp) -> Result<u64, StoreError> {
        let letters = letters.clone();
        self.write(move |conn| Ok(count(letters::decide(conn, &letters, Verdict::Requeue, now)?)))
            .await
    }

    async fn discard(&self, letters: &LetterChoice, now: Timestamp) -> Result<u64, StoreError> {
        let letters = letters.clone();
        self.write(move |conn| Ok(count(letters::decide(conn, &letters, Verdict::Discard, now)?)))
            .await
    }

    async fn depth(&self) -> Result<OutboxDepth, StoreError> {
        self.read(|conn| conn.transaction(letters::depth)).await
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
