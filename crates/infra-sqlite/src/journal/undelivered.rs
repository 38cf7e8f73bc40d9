//! Parked events and dead letters, for operators.

use diesel::{SqliteConnection, prelude::*, sqlite::Sqlite};
use domain::{
    EventId, Timestamp,
    events::{
        Subscription,
        port::{DeadLetterSelection, UndeliveredEvent, UndeliveredFilter},
    },
};
use infra_sql::parked_columns;

use crate::{
    error::DbError,
    fields::{ParkedRow, TimestampField},
    schema::{ROWS_PER_STATEMENT, events, parked_events},
    time::micros,
};

/// Parked events behind `after`, by ascending number and subscription.
pub(crate) fn undelivered(
    conn: &mut SqliteConnection,
    filter: UndeliveredFilter,
    after: Option<&(EventId, Subscription)>,
    limit: u32,
) -> Result<Vec<UndeliveredEvent>, DbError> {
    let mut query = parked_events::table
        .inner_join(events::table)
        .order_by((parked_events::event_id, parked_events::subscription))
        .limit(i64::from(limit))
        .select((
            parked_columns!(parked_events),
            parked_events::subscription,
            events::event_type,
            events::at,
        ))
        .into_boxed::<Sqlite>();
    if filter == UndeliveredFilter::Dead {
        query = query.filter(parked_events::state.eq("dead"));
    }
    if let Some((event, subscription)) = after {
        let is_behind = parked_events::event_id
            .gt(event.get())
            .or(parked_events::subscription.gt(subscription.as_str()));
        // The database uses the first condition to search the index.
        query = query.filter(parked_events::event_id.ge(event.get())).filter(is_behind);
    }
    let rows = query.load::<(ParkedRow, String, String, TimestampField)>(conn)?;
    let read = |(row, subscription, event_type, at): (ParkedRow, _, _, _)| {
        row.into_undelivered(subscription, event_type, at)
    };
    Ok(rows.into_iter().map(read).collect::<Result<_, _>>()?)
}

/// Makes the selected dead letters due. Returns how many there were.
pub(crate) fn requeue(
    conn: &mut SqliteConnection,
    selection: &DeadLetterSelection,
    now: Timestamp,
) -> Result<usize, DbError> {
    let mut requeued = 0;
    for ids in chunks(conn, selection)? {
        let dead = parked_events::table
            .filter(parked_events::state.eq("dead"))
            .filter(parked_events::event_id.eq_any(ids));
        requeued += diesel::update(dead)
            .set((
                parked_events::state.eq("waiting"),
                parked_events::attempts.eq(0),
                parked_events::unanswered.eq(0),
                parked_events::failing_since.eq(None::<i64>),
                parked_events::next_attempt_at.eq(micros(now)),
            ))
            .execute(conn)?;
    }
    Ok(requeued)
}

/// Removes the selected dead letters. Returns how many there were.
pub(crate) fn discard(
    conn: &mut SqliteConnection,
    selection: &DeadLetterSelection,
) -> Result<usize, DbError> {
    let mut discarded = 0;
    for ids in chunks(conn, selection)? {
        let dead = parked_events::table
            .filter(parked_events::state.eq("dead"))
            .filter(parked_events::event_id.eq_any(ids));
        discarded += diesel::delete(dead).execute(conn)?;
    }
    Ok(discarded)
}

/// The numbers of the selected events, in chunks for one statement each.
fn chunks(
    conn: &mut SqliteConnection,
    selection: &DeadLetterSelection,
) -> Result<Vec<Vec<i64>>, DbError> {
    let ids: Vec<i64> = match selection {
        DeadLetterSelection::Some(ids) => ids.iter().map(|id| id.get()).collect(),
        DeadLetterSelection::All => parked_events::table
            .filter(parked_events::state.eq("dead"))
            .select(parked_events::event_id)
            .distinct()
            .load(conn)?,
    };
    Ok(ids.chunks(ROWS_PER_STATEMENT).map(<[i64]>::to_vec).collect())
}
