//! Undelivered events and their numbers, for operators; requeuing and discarding dead letters.

use diesel::{
    SqliteConnection,
    dsl::{count_star, min, sql},
    prelude::*,
    sql_types::{Nullable, Text},
    sqlite::Sqlite,
};
use domain::{
    OutboxEventId, Timestamp,
    outbox::port::{DeadLetterSelection, OutboxDepth, UndeliveredEvent, UndeliveredFilter},
};
use infra_sql::{outbox_depth, undelivered_columns};

use crate::{
    error::DbError,
    fields::{TimestampField, UndeliveredRow},
    schema::{ROWS_PER_STATEMENT, outbox},
    time::micros,
};

/// Undelivered events with ids above `after`, by ascending id.
pub(crate) fn undelivered(
    conn: &mut SqliteConnection,
    filter: UndeliveredFilter,
    after: Option<OutboxEventId>,
    limit: u32,
) -> Result<Vec<UndeliveredEvent>, DbError> {
    let mut query = outbox::table
        .filter(outbox::delivered_at.is_null())
        .order_by(outbox::id)
        .limit(i64::from(limit))
        .select(undelivered_columns!(outbox))
        .into_boxed::<Sqlite>();
    if filter == UndeliveredFilter::Dead {
        query = query.filter(outbox::dead_at.is_not_null());
    }
    if let Some(after) = after {
        query = query.filter(outbox::id.gt(after.get()));
    }
    let rows = query.load::<UndeliveredRow>(conn)?;
    Ok(rows.into_iter().map(UndeliveredRow::into_undelivered).collect::<Result<_, _>>()?)
}

/// An operator's action on dead letters.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DeadLetterAction {
    Requeue,
    Discard,
}

/// Applies the action to the selected dead letters. Returns how many there were.
pub(crate) fn apply(
    conn: &mut SqliteConnection,
    selection: &DeadLetterSelection,
    action: DeadLetterAction,
    now: Timestamp,
) -> Result<usize, DbError> {
    match selection {
        DeadLetterSelection::All => update_dead(conn, None, action, now),
        DeadLetterSelection::Some(ids) => {
            let ids: Vec<i64> = ids.iter().map(|id| id.get()).collect();
            ids.chunks(ROWS_PER_STATEMENT)
                .map(|ids| update_dead(conn, Some(ids), action, now))
                .sum()
        }
    }
}

/// As [`apply`], for the dead letters with these ids, or for all.
fn update_dead(
    conn: &mut SqliteConnection,
    ids: Option<&[i64]>,
    action: DeadLetterAction,
    now: Timestamp,
) -> Result<usize, DbError> {
    let mut dead = outbox::table
        .filter(outbox::dead_at.is_not_null())
        .select(outbox::id)
        .into_boxed::<Sqlite>();
    if let Some(ids) = ids {
        dead = dead.filter(outbox::id.eq_any(ids.iter().copied()));
    }
    let dead = diesel::update(outbox::table.filter(outbox::id.eq_any(dead)));
    let not_dead = outbox::dead_at.eq(None::<i64>);
    Ok(match action {
        DeadLetterAction::Requeue => dead
            .set((not_dead, outbox::attempts.eq(0), outbox::next_attempt_at.eq(micros(now))))
            .execute(conn)?,
        DeadLetterAction::Discard => {
            // The last error is kept in the note.
            let note = sql::<Nullable<Text>>("'discarded' || coalesce(': ' || last_error, '')");
            dead.set((not_dead, outbox::delivered_at.eq(micros(now)), outbox::last_error.eq(note)))
                .execute(conn)?
        }
    })
}

pub(crate) fn depth(conn: &mut SqliteConnection) -> Result<OutboxDepth, DbError> {
    let (waiting, oldest) = outbox::table
        .filter(outbox::delivered_at.is_null())
        .filter(outbox::dead_at.is_null())
        .select((count_star(), min(outbox::created_at)))
        .first::<(i64, Option<TimestampField>)>(conn)?;
    let dead =
        outbox::table.filter(outbox::dead_at.is_not_null()).count().get_result::<i64>(conn)?;
    Ok(outbox_depth(waiting, dead, oldest)?)
}
