//! Parked events and dead letters, for operators.

use diesel::sql_types::{Array, BigInt, Bool, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::{
    EventId, StoreError, Timestamp,
    events::{
        Subscription,
        port::{DeadLetterSelection, UndeliveredEvent, UndeliveredFilter},
    },
};
use infra_sql::row_count;

use super::lease::ParkedColumns;
use crate::{
    connection::Connection,
    database::DbOperation,
    error::TxError,
    fields::{ParkedRow, TimestampField},
    typed_sql::TypedSql,
};

/// `$1` and `$2` are the number and the subscription that the page starts after, `$3` is the limit,
/// `$4` whether all parked events are wanted.
const LIST: &str = "
    SELECT event_id, parked.order_id, state, attempts, unanswered, failing_since, next_attempt_at,
        last_error, subscription, type, at
    FROM parked_events AS parked JOIN events ON events.id = event_id
    WHERE (event_id, subscription) > ($1, $2) AND (state = 'dead' OR $4)
    ORDER BY event_id, subscription LIMIT $3";

/// `$1` is whether all dead letters are selected, `$2` the numbers otherwise, `$3` is now.
const REQUEUE: &str = "
    UPDATE parked_events SET state = 'waiting', attempts = 0, unanswered = 0, failing_since = NULL,
        next_attempt_at = $3
    WHERE state = 'dead' AND ($1 OR event_id = ANY ($2))";

/// `$1` and `$2` as in [`REQUEUE`].
const DISCARD: &str = "
    DELETE FROM parked_events WHERE state = 'dead' AND ($1 OR event_id = ANY ($2))";

pub(super) struct ListUndelivered {
    pub(super) filter: UndeliveredFilter,
    pub(super) after: Option<(EventId, Subscription)>,
    pub(super) limit: u32,
}

impl DbOperation for ListUndelivered {
    type Output = Vec<UndeliveredEvent>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Self::Output, TxError<StoreError>> {
        type Columns = (ParkedColumns, Text, Text, Timestamptz);
        let after = self.after.as_ref();
        let list = diesel::sql_query(LIST)
            .bind::<BigInt, _>(after.map_or(i64::MIN, |(event, _)| event.get()))
            .bind::<Text, _>(after.map_or("", |(_, subscription)| subscription.as_str()))
            .bind::<BigInt, _>(i64::from(self.limit))
            .bind::<Bool, _>(self.filter == UndeliveredFilter::All);
        let rows: Vec<(ParkedRow, String, String, TimestampField)> =
            TypedSql::<Columns, _>::new(list).load(&mut conn).await?;
        let read = |(row, subscription, event_type, at): (ParkedRow, _, _, _)| {
            row.into_undelivered(subscription, event_type, at)
        };
        Ok(rows.into_iter().map(read).collect::<Result<_, _>>()?)
    }
}

/// An operator's action on dead letters.
#[derive(Debug, Clone, Copy)]
pub(super) enum DeadLetterAction {
    /// They are due from this time.
    Requeue(Timestamp),
    Discard,
}

/// Requeues or discards the selected events that are dead.
pub(super) struct ResolveDeadLetters<'a> {
    pub(super) selection: &'a DeadLetterSelection,
    pub(super) action: DeadLetterAction,
}

impl DbOperation for ResolveDeadLetters<'_> {
    type Output = u64;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<u64, TxError<StoreError>> {
        let (all, ids) = match self.selection {
            DeadLetterSelection::All => (true, Vec::new()),
            DeadLetterSelection::Some(ids) => (false, ids.iter().map(|id| id.get()).collect()),
        };
        let resolve = |statement| {
            diesel::sql_query(statement)
                .into_boxed()
                .bind::<Bool, _>(all)
                .bind::<Array<BigInt>, _>(ids)
        };
        let resolve = match self.action {
            DeadLetterAction::Requeue(now) => resolve(REQUEUE).bind::<Timestamptz, _>(now),
            DeadLetterAction::Discard => resolve(DISCARD),
        };
        Ok(row_count(resolve.execute(&mut conn).await?))
    }
}
