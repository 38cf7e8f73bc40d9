//! Columns whose types are SQLite's own, and the row types that use them.

use diesel::{
    deserialize::{FromSql, FromSqlRow, Result},
    sql_types::BigInt,
    sqlite::{Sqlite, SqliteValue},
};
use domain::Timestamp;
use infra_sql::ColumnValue;

use crate::time::timestamp;

pub(crate) type AccountRow = infra_sql::AccountRow<TimestampField>;
pub(crate) type SessionRow = infra_sql::SessionRow<TimestampField>;
pub(crate) type ProductRow = infra_sql::ProductRow<TimestampField>;
pub(crate) type OrderRow = infra_sql::OrderRow<TimestampField, String, String>;
pub(crate) type EventRow = infra_sql::EventRow<TimestampField>;
pub(crate) type SubscriptionRow = infra_sql::SubscriptionRow<TimestampField>;
pub(crate) type ParkedRow = infra_sql::ParkedRow<TimestampField>;

/// A timestamp as SQLite stores it: whole microseconds since 1970.
#[derive(Debug, FromSqlRow)]
pub(crate) struct TimestampField(i64);

impl FromSql<BigInt, Sqlite> for TimestampField {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> Result<Self> {
        FromSql::<BigInt, Sqlite>::from_sql(value).map(Self)
    }
}

impl ColumnValue<Timestamp> for TimestampField {
    fn read(self) -> std::result::Result<Timestamp, String> {
        timestamp(self.0).ok_or_else(|| "a timestamp beyond the calendar".to_owned())
    }
}
