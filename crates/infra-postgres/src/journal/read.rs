//! Reading the journal.

use diesel::sql_types::{Array, BigInt, Text};
use diesel_async::RunQueryDsl;
use domain::{
    EventId, OrderId, StoreError,
    events::{
        EventRecord, EventType,
        port::{EventFilter, EventPage},
    },
};

use super::columns::{EventColumns, event_columns};
use crate::{
    connection::Connection, database::DbOperation, error::TxError, fields::EventRow,
    typed_sql::TypedSql,
};

/// `$1` is the number before the page, `$2` the last settled one, `$3` the limit; `$4` the types,
/// `$5` the subjects of which all types are wanted, `$6` those that are not.
macro_rules! page {
    ($of_order:literal) => {
        concat!(
            "SELECT ",
            event_columns!(),
            " FROM events WHERE id > $1 AND id <= $2 AND type <> ALL ($6)
                AND (cardinality($4::text[]) + cardinality($5::text[]) = 0 OR type = ANY ($4)
                    OR split_part(type, '.', 1) = ANY ($5))",
            $of_order,
            " ORDER BY id LIMIT $3"
        )
    };
}
const PAGE: &str = page!("");
const PAGE_OF_ORDER: &str = page!(" AND order_id = $7");

/// `$1` and `$2` as in [`PAGE`].
const LAST: &str = "SELECT coalesce(max(id), $1) FROM events WHERE id > $1 AND id <= $2";

pub(super) struct ReadEvents<'a> {
    pub(super) filter: &'a EventFilter,
    pub(super) after: EventId,
    pub(super) up_to: EventId,
    pub(super) limit: u32,
}

impl DbOperation for ReadEvents<'_> {
    type Output = EventPage;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<EventPage, TxError<StoreError>> {
        let Self { filter, after, up_to, limit } = self;
        let page = diesel::sql_query(if filter.order.is_some() { PAGE_OF_ORDER } else { PAGE })
            .into_boxed()
            .bind::<BigInt, _>(after.get())
            .bind::<BigInt, _>(up_to.get())
            .bind::<BigInt, _>(i64::from(*limit))
            .bind::<Array<Text>, _>(filter.names().collect::<Vec<_>>())
            .bind::<Array<Text>, _>(filter.subjects().collect::<Vec<_>>())
            .bind::<Array<Text>, _>(EventType::silent().map(EventType::as_str).collect::<Vec<_>>());
        let page = match filter.order.map(OrderId::get) {
            Some(order) => page.bind::<BigInt, _>(order),
            None => page,
        };
        let rows: Vec<EventRow> = TypedSql::<EventColumns, _>::reused(page).load(&mut conn).await?;
        let events =
            rows.into_iter().map(EventRow::into_record).collect::<Result<Vec<EventRecord>, _>>()?;
        if let Some(next_after) = EventPage::end_if_full(&events, *limit, *after) {
            return Ok(EventPage { events, next_after });
        }
        let last =
            diesel::sql_query(LAST).bind::<BigInt, _>(after.get()).bind::<BigInt, _>(up_to.get());
        let (last,): (i64,) = TypedSql::<(BigInt,), _>::reused(last).get_result(&mut conn).await?;
        Ok(EventPage { events, next_after: EventId::new(last) })
    }
}
