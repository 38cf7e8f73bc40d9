//! How far subscriptions are behind the journal.

use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::{StoreError, events::port::SubscriptionLag};

use crate::{
    connection::Connection, database::DbOperation, error::TxError, fields::LagRow,
    typed_sql::TypedSql,
};

/// The numbers behind a position are not counted: the difference to the newest one will do, and
/// needs no scan.
const LAGS: &str = "
    SELECT name, paused_until,
        greatest(newest - position - coalesce(cardinality(string_to_array(nullif(ahead, ''), ' ')), 0), 0)
            + coalesce(parked, 0),
        coalesce(dead, 0),
        (SELECT at FROM events
            WHERE id > position AND id::text <> ALL (string_to_array(ahead, ' ')) ORDER BY id LIMIT 1),
        oldest
    FROM subscriptions
    CROSS JOIN (SELECT coalesce(max(id), 0) AS newest FROM events) AS journal
    LEFT JOIN (
        SELECT subscription, count(*) FILTER (WHERE state = 'dead') AS dead,
            count(*) FILTER (WHERE state <> 'dead') AS parked, min(at) FILTER (WHERE state <> 'dead') AS oldest
        FROM parked_events JOIN events ON events.id = event_id
        WHERE state <> 'refused' GROUP BY subscription) AS counted ON subscription = name
    ORDER BY name";

pub(super) struct ReadLags;

impl DbOperation for ReadLags {
    type Output = Vec<SubscriptionLag>;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<Self::Output, TxError<StoreError>> {
        type Columns = (
            Text,
            Nullable<Timestamptz>,
            BigInt,
            BigInt,
            Nullable<Timestamptz>,
            Nullable<Timestamptz>,
        );
        let lags = TypedSql::<Columns, _>::new(diesel::sql_query(LAGS));
        let rows: Vec<LagRow> = lags.load(&mut conn).await?;
        Ok(rows.into_iter().map(LagRow::into_lag).collect::<Result<_, _>>()?)
    }
}
