//! v1: users, products with stock, orders that reserve it. Paths under `/api/v1`.

pub(crate) mod orders;
pub(crate) mod page;
pub(crate) mod products;
pub(crate) mod users;

use chrono::{Datelike as _, Timelike as _};
use serde::Serialize;

/// An answer that only says that it is done.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Message {
    /// What was done, for people.
    #[schema(example = "Done")]
    pub(crate) message: &'static str,
}

/// A moment as every response writes it: RFC 3339, UTC, microseconds.
pub(crate) fn moment(at: domain::Timestamp) -> String {
    let year = match at.year() {
        year @ 0..=9_999 => year.unsigned_abs(),
        // Those have a sign as well.
        _ => return at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
    };
    // A page has dozens of them. A leap second is the last one with more than a million microseconds.
    let (leap, micros) = (at.nanosecond() / 1_000_000_000, at.nanosecond() / 1_000 % 1_000_000);
    let mut text = String::with_capacity("2026-01-31T12:00:00.000000Z".len());
    let parts = [
        (year / 100, None),
        (year % 100, Some('-')),
        (at.month(), Some('-')),
        (at.day(), Some('T')),
        (at.hour(), Some(':')),
        (at.minute(), Some(':')),
        (at.second() + leap, Some('.')),
        (micros / 10_000, None),
        (micros / 100 % 100, None),
        (micros % 100, Some('Z')),
    ];
    for (two_digits, behind) in parts {
        text.extend([two_digits / 10, two_digits % 10].map(digit));
        text.extend(behind);
    }
    text
}

fn digit(value: u32) -> char {
    char::from_digit(value, 10).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chrono::SecondsFormat;

    use super::*;

    #[test]
    fn a_moment_is_written_as_chrono_writes_it() {
        for micros in [
            0,
            1,
            -1,
            1_767_225_600_123_456,
            1_709_164_800_000_000,
            253_402_300_799_999_999,
            253_402_300_800_000_000,
            -62_167_219_200_000_000,
            -62_167_219_200_000_001,
        ] {
            let at = domain::Timestamp::from_timestamp_micros(micros).unwrap();
            assert_eq!(moment(at), at.to_rfc3339_opts(SecondsFormat::Micros, true));
        }
    }

    #[test]
    fn a_leap_second_is_the_sixtieth() {
        let at = domain::Timestamp::from_timestamp(1_483_228_799, 1_500_000_000).unwrap();
        assert_eq!(moment(at), at.to_rfc3339_opts(SecondsFormat::Micros, true));
        assert_eq!(moment(at), "2016-12-31T23:59:60.500000Z");
    }
}
