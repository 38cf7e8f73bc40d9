//! A date or a timestamp as people write it, and the span of time that it names.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Timelike as _};

use crate::Timestamp;

/// The span of time that a date or a timestamp names: `2026-01-31` is that whole day in UTC,
/// `2026-01-31T23:59:59Z` that whole second, and with a fraction it is that microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpan {
    /// The first timestamp of the span.
    pub first: Timestamp,
    /// The last timestamp of the span, in whole microseconds.
    pub last: Timestamp,
}

/// Why a text names no span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeSpanError {
    /// It is neither a date nor a timestamp.
    #[error("must be an RFC 3339 timestamp or a date, such as 2026-01-31T12:00:00Z or 2026-01-31")]
    Malformed,
    /// It is a leap second, which no recorded timestamp is in.
    #[error("must not be a leap second")]
    LeapSecond,
}

impl TimeSpan {
    /// Parses a date (`2026-01-31`) or a timestamp with an offset (RFC 3339).
    ///
    /// # Errors
    /// [`TimeSpanError`] if it is neither, or no such date or time exists.
    pub fn parse(raw: &str) -> Result<Self, TimeSpanError> {
        if let Some(date) = parse_date(raw) {
            let first = date.and_time(NaiveTime::MIN).and_utc();
            return Ok(Self {
                first,
                last: first + TimeDelta::days(1) - TimeDelta::microseconds(1),
            });
        }
        let first = DateTime::parse_from_rfc3339(raw)
            .map_err(|_malformed| TimeSpanError::Malformed)?
            .to_utc();
        if first.nanosecond() >= 1_000_000_000 {
            return Err(TimeSpanError::LeapSecond);
        }
        let has_fraction = raw.contains('.');
        let length = TimeDelta::microseconds(if has_fraction { 1 } else { 1_000_000 });
        Ok(Self { first, last: first + length - TimeDelta::microseconds(1) })
    }
}

/// A date in the form `YYYY-MM-DD`, which chrono alone would read in other forms as well.
fn parse_date(raw: &str) -> Option<NaiveDate> {
    let is_date = raw.len() == 10
        && raw.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_date.then(|| NaiveDate::parse_from_str(raw, "%Y-%m-%d").ok()).flatten()
}

#[cfg(test)]
mod tests {
    use chrono::SecondsFormat;

    use super::*;

    /// The ends of the span, with microseconds.
    fn span(raw: &str) -> [String; 2] {
        let TimeSpan { first, last } = TimeSpan::parse(raw).unwrap();
        [first, last].map(|end| end.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    #[test]
    fn a_date_is_that_whole_day_in_utc() {
        assert_eq!(
            span("2026-01-31"),
            ["2026-01-31T00:00:00.000000Z", "2026-01-31T23:59:59.999999Z"]
        );
        assert_eq!(span("2024-02-29")[1], "2024-02-29T23:59:59.999999Z");
        assert_eq!(span("0000-01-01")[0], "0000-01-01T00:00:00.000000Z");
        assert_eq!(span("9999-12-31")[1], "9999-12-31T23:59:59.999999Z");
    }

    #[test]
    fn a_timestamp_without_a_fraction_is_that_whole_second() {
        assert_eq!(
            span("2026-01-31T23:59:59Z"),
            ["2026-01-31T23:59:59.000000Z", "2026-01-31T23:59:59.999999Z"]
        );
        assert_eq!(
            span("2026-02-01T01:29:59+01:30"),
            ["2026-01-31T23:59:59.000000Z", "2026-01-31T23:59:59.999999Z"]
        );
        assert_eq!(span("0000-01-01T00:00:00+23:59")[0], "-0001-12-31T00:01:00.000000Z");
        assert_eq!(span("9999-12-31T23:59:59-23:59")[1], "+10000-01-01T23:58:59.999999Z");
    }

    #[test]
    fn a_timestamp_with_a_fraction_is_that_microsecond() {
        for (raw, at) in [
            ("2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.500000Z"),
            ("2026-01-31T12:00:00.000000Z", "2026-01-31T12:00:00.000000Z"),
            ("2026-01-31T12:00:00.123456+00:00", "2026-01-31T12:00:00.123456Z"),
        ] {
            assert_eq!(span(raw), [at, at], "{raw}");
        }
    }

    #[test]
    fn other_texts_name_no_span() {
        for raw in [
            "",
            "yesterday",
            "2026",
            "2026-01",
            "2026-13-01",
            "2026-02-30",
            "2026-1-31",
            "+026-01-31",
            "20260131",
            "12026-01-31",
            "2026-01-31Z",
            "2026-01-31T12:00:00",
            "2026-01-31T12:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T12:00:00+24:00",
            "262143-12-31T23:59:59Z",
            "999999999999-01-01T00:00:00Z",
            "1767225600",
        ] {
            assert_eq!(TimeSpan::parse(raw), Err(TimeSpanError::Malformed), "{raw:?}");
        }
        for raw in ["2016-12-31T23:59:60Z", "2016-12-31T23:59:60.5Z"] {
            assert_eq!(TimeSpan::parse(raw), Err(TimeSpanError::LeapSecond), "{raw:?}");
        }
    }
}
