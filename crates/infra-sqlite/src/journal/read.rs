//! Reading the journal.

use diesel::{
    BoolExpressionMethods as _, SqliteConnection,
    dsl::max,
    prelude::*,
    sql_types::{Bool, Text},
    sqlite::Sqlite,
};
use domain::{
    EventId,
    events::{
        EventType,
        port::{EventFilter, EventPage},
    },
};

use super::columns::event_columns;
use crate::{error::DbError, fields::EventRow, schema::events};

/// The number of the last event, or 0.
pub(crate) fn last(conn: &mut SqliteConnection) -> Result<EventId, DbError> {
    let last: Option<i64> = events::table.select(max(events::id)).first(conn)?;
    Ok(EventId::new(last.unwrap_or(0)))
}

/// A page of the journal.
pub(crate) fn page(
    conn: &mut SqliteConnection,
    filter: &EventFilter,
    after: EventId,
    up_to: EventId,
    limit: u32,
) -> Result<EventPage, DbError> {
    let mut query = events::table
        .filter(events::id.gt(after.get()).and(events::id.le(up_to.get())))
        .filter(events::event_type.ne_all(EventType::silent().map(EventType::as_str)))
        .order_by(events::id)
        .limit(i64::from(limit))
        .select(event_columns!())
        .into_boxed::<Sqlite>();
    if let Some(order) = filter.order {
        query = query.filter(events::order_id.eq(order.get()));
    }
    if !filter.types.is_empty() {
        query = query.filter(is_of(filter));
    }
    let rows: Vec<EventRow> = query.load(conn)?;
    let events = rows.into_iter().map(EventRow::into_record).collect::<Result<Vec<_>, _>>()?;
    if let Some(next_after) = EventPage::end_if_full(&events, limit, after) {
        return Ok(EventPage { events, next_after });
    }
    let last: Option<i64> = events::table
        .filter(events::id.gt(after.get()).and(events::id.le(up_to.get())))
        .select(max(events::id))
        .first(conn)?;
    Ok(EventPage { events, next_after: last.map_or(after, EventId::new) })
}

type Condition = Box<dyn BoxableExpression<events::table, Sqlite, SqlType = Bool>>;

/// The condition that an event is of one of the filter's types.
fn is_of(filter: &EventFilter) -> Condition {
    let names: Vec<String> = filter.names().map(str::to_owned).collect();
    let one_of_names: Condition = Box::new(events::event_type.eq_any(names));
    filter.subjects().fold(one_of_names, |all, subject| {
        let subject = format!("{subject}.");
        let length = i32::try_from(subject.chars().count()).unwrap_or(i32::MAX);
        Box::new(all.or(substr(events::event_type, 1, length).eq(subject)))
    })
}

diesel::define_sql_function! {
    /// The part of a text of that length from that position on, which counts from 1.
    fn substr(whole: Text, from: diesel::sql_types::Integer, length: diesel::sql_types::Integer) -> Text;
}
