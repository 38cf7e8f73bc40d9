//! Column types that are decoded directly from the wire format, and the row types that use them. A
//! page has dozens of each.

use diesel::{
    deserialize::{FromSql, FromSqlRow, Result},
    pg::{Pg, PgValue},
    sql_types::{BigInt, Text, Timestamptz},
};
use domain::{
    Currency, CurrencyError, Timestamp,
    order::{OrderStatus, UnknownStatus},
};
use infra_sql::ColumnValue;

pub(crate) type AccountRow = infra_sql::AccountRow<TimestampField>;
pub(crate) type SessionRow = infra_sql::SessionRow<TimestampField>;
pub(crate) type ProductRow = infra_sql::ProductRow<TimestampField>;
pub(crate) type OrderRow = infra_sql::OrderRow<TimestampField, StatusField, CurrencyField>;
pub(crate) type EventRow = infra_sql::EventRow<TimestampField>;
pub(crate) type SubscriptionRow = infra_sql::SubscriptionRow<TimestampField>;
pub(crate) type ParkedRow = infra_sql::ParkedRow<TimestampField>;
pub(crate) type LagRow = infra_sql::LagRow<TimestampField>;

/// A status, parsed. The error of an unknown status is kept for the row type, which knows the row.
#[derive(Debug, FromSqlRow)]
pub(crate) struct StatusField(std::result::Result<OrderStatus, UnknownStatus>);

impl ColumnValue<OrderStatus> for StatusField {
    fn read(self) -> std::result::Result<OrderStatus, String> {
        self.0.map_err(|error| error.to_string())
    }
}

impl FromSql<Text, Pg> for StatusField {
    fn from_sql(value: PgValue<'_>) -> Result<Self> {
        Ok(Self(std::str::from_utf8(value.as_bytes())?.parse()))
    }
}

/// A currency, parsed from its code. The error of an invalid code is kept for the row type, too.
#[derive(Debug, FromSqlRow)]
pub(crate) struct CurrencyField(std::result::Result<Currency, CurrencyError>);

impl ColumnValue<Currency> for CurrencyField {
    fn read(self) -> std::result::Result<Currency, String> {
        self.0.map_err(|error| error.to_string())
    }
}

impl FromSql<Text, Pg> for CurrencyField {
    fn from_sql(value: PgValue<'_>) -> Result<Self> {
        Ok(Self(Currency::parse(std::str::from_utf8(value.as_bytes())?)))
    }
}

/// A timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, FromSqlRow)]
pub(crate) struct TimestampField(Timestamp);

impl ColumnValue<Timestamp> for TimestampField {
    fn read(self) -> std::result::Result<Timestamp, String> {
        Ok(self.0)
    }
}

impl TimestampField {
    /// The server's epoch, 2000-01-01, in microseconds since 1970.
    const START_OF_2000: i64 = 946_684_800_000_000;

    fn after_2000(micros: i64) -> Option<Self> {
        let micros = micros.checked_add(Self::START_OF_2000)?;
        Timestamp::from_timestamp_micros(micros).map(Self)
    }
}

impl FromSql<Timestamptz, Pg> for TimestampField {
    fn from_sql(value: PgValue<'_>) -> Result<Self> {
        let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(value)?;
        Self::after_2000(micros).ok_or_else(|| "a timestamp out of range".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_microseconds_since_the_year_2000() {
        let timestamp =
            |micros| TimestampField::after_2000(micros).map(|field| field.0.to_rfc3339());
        assert_eq!(timestamp(0).as_deref(), Some("2000-01-01T00:00:00+00:00"));
        assert_eq!(timestamp(-1).as_deref(), Some("1999-12-31T23:59:59.999999+00:00"));
        assert_eq!(timestamp(86_400_000_001).as_deref(), Some("2000-01-02T00:00:00.000001+00:00"));
    }

    #[test]
    fn infinity_is_not_a_timestamp() {
        assert!(TimestampField::after_2000(i64::MAX).is_none());
        assert!(TimestampField::after_2000(i64::MIN).is_none());
    }
}
