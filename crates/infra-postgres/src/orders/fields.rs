//! Fields of orders' rows that are read straight from what the server sent. A page has dozens of each.

use diesel::{
    deserialize::{FromSql, FromSqlRow, Result},
    pg::{Pg, PgValue},
    sql_types::{BigInt, Text, Timestamptz},
};
use domain::{
    Currency, CurrencyError, Timestamp,
    order::{OrderStatus, UnknownStatus},
};

/// A status, by its word. Whether it is one is the reader's to say, who knows which row it is.
#[derive(Debug, FromSqlRow)]
pub(super) struct StatusField(pub(super) std::result::Result<OrderStatus, UnknownStatus>);

impl FromSql<Text, Pg> for StatusField {
    fn from_sql(value: PgValue<'_>) -> Result<Self> {
        Ok(Self(std::str::from_utf8(value.as_bytes())?.parse()))
    }
}

/// A currency, by its code, likewise.
#[derive(Debug, FromSqlRow)]
pub(super) struct CurrencyField(pub(super) std::result::Result<Currency, CurrencyError>);

impl FromSql<Text, Pg> for CurrencyField {
    fn from_sql(value: PgValue<'_>) -> Result<Self> {
        Ok(Self(Currency::parse(std::str::from_utf8(value.as_bytes())?)))
    }
}

/// A moment.
#[derive(Debug, FromSqlRow)]
pub(super) struct MomentField(pub(super) Timestamp);

impl MomentField {
    /// The first moment of 2000, from which the server counts, in microseconds since 1970.
    const START_OF_2000: i64 = 946_684_800_000_000;

    fn after_2000(micros: i64) -> Option<Self> {
        let micros = micros.checked_add(Self::START_OF_2000)?;
        Timestamp::from_timestamp_micros(micros).map(Self)
    }
}

impl FromSql<Timestamptz, Pg> for MomentField {
    fn from_sql(value: PgValue<'_>) -> Result<Self> {
        let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(value)?;
        Self::after_2000(micros).ok_or_else(|| "a moment beyond the calendar".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_counted_from_the_year_2000_on() {
        let moment = |micros| MomentField::after_2000(micros).map(|field| field.0.to_rfc3339());
        assert_eq!(moment(0).as_deref(), Some("2000-01-01T00:00:00+00:00"));
        assert_eq!(moment(-1).as_deref(), Some("1999-12-31T23:59:59.999999+00:00"));
        assert_eq!(moment(86_400_000_001).as_deref(), Some("2000-01-02T00:00:00.000001+00:00"));
    }

    #[test]
    fn the_infinities_are_no_moments() {
        assert!(MomentField::after_2000(i64::MAX).is_none());
        assert!(MomentField::after_2000(i64::MIN).is_none());
    }
}
