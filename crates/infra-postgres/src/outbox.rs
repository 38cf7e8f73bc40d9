//! The outbox: writing what others want to know into it, here; and the port that hands it out, in the modules
//! below.

mod lease;
mod letters;
mod rows;
mod settle;

use async_trait::async_trait;
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
use futures::{FutureExt as _, future::BoxFuture};

use self::{
    lease::{Lease, Release},
    letters::{Decide, Depth, Letters, Verdict},
    settle::Settle,
};
use crate::{
    PostgresStore,
    columns::{Column, Columns},
    connection::Connection,
    error::Failure,
};

/// Puts messages into the outbox, in this order, due at once: each with when what it tells of happened, and in which
/// trace.
pub(crate) fn push(
    conn: &Connection,
    messages: impl IntoIterator<Item = (OutboxMessage, Timestamp, Option<TraceParent>)>,
) -> BoxFuture<'_, Result<(), Failure>> {
    let (mut texts, mut about) = (Vec::new(), Vec::new());
    let (mut due, mut traces) = (Vec::new(), Vec::new());
    for (message, at, trace) in messages {
        match serde_json::to_string(&message) {
            Ok(text) => texts.push(text),
            Err(error) => {
                conn.lacks_statement();
                return futures::future::ready(Err(error.into())).boxed();
            }
        }
        about.push(message.order().map(OrderId::get));
        due.push(at);
        traces.push(trace.map(|trace| trace.to_string()));
    }
    let columns = vec![
        Column::Texts(texts),
        Column::NumbersOrNull(about),
        Column::Moments(due),
        Column::TextsOrNull(traces),
    ];
    let insert = "INSERT INTO outbox (message, order_id, created_at, next_attempt_at, traceparent)
        SELECT message::jsonb, about, at, at, trace FROM unnest(";
    let in_order = ") WITH ORDINALITY AS new (message, about, at, trace, place) ORDER BY place";
    Columns::new(insert, columns, in_order).execute(conn)
}

#[async_trait]
impl OutboxStore for PostgresStore {
    async fn lease(
        &self,
        worker: &WorkerId,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<LeasedMessage>, StoreError> {
        self.write(&Lease { worker, limit, now, until }).await
    }

    async fn settle(
        &self,
        worker: &WorkerId,
        settlements: &[Settlement],
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(&Settle { worker, settlements, now }).await
    }

    async fn release(&self, worker: &WorkerId, messages: &[MessageId]) -> Result<u64, StoreError> {
        self.write(&Release { worker, messages }).await
    }

    async fn letters(
        &self,
        filter: LetterFilter,
        after: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<Letter>, StoreError> {
        self.read(&Letters { filter, after, limit }).await
    }

    async fn requeue(&self, letters: &LetterChoice, now: Timestamp) -> Result<u64, StoreError> {
        self.write(&Decide { letters, verdict: Verdict::Requeue, now }).await
    }

    async fn discard(&self, letters: &LetterChoice, now: Timestamp) -> Result<u64, StoreError> {
        self.write(&Decide { letters, verdict: Verdict::Discard, now }).await
    }

    async fn depth(&self) -> Result<OutboxDepth, StoreError> {
        self.read(&Depth).await
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
