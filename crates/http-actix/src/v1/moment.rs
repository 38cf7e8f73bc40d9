//! Moments as every response writes them: RFC 3339, UTC, microseconds.

use chrono::{Datelike as _, NaiveDateTime, SecondsFormat, Timelike as _};
use domain::Timestamp;
use serde::Serializer;

/// Writes a moment, for a member of a view: `"2026-01-31T12:00:00.000000Z"`.
///
/// # Errors
/// Those of the serializer.
pub(crate) fn moment<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    match in_digits(at.naive_utc()) {
        Some(text) => serializer.serialize_str(std::str::from_utf8(&text).unwrap_or_default()),
        None => serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true)),
    }
}

/// A moment's text, unless its year has a sign or more than four digits.
fn in_digits(utc: NaiveDateTime) -> Option<[u8; 27]> {
    let year = u32::try_from(utc.year()).ok().filter(|year| *year <= 9_999)?;
    // A leap second is the last one with more than a million microseconds.
    let (leap, micros) = (utc.nanosecond() / 1_000_000_000, utc.nanosecond() / 1_000 % 1_000_000);
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    #[rustfmt::skip]
    let [y0, y1, y2, y3, _, m0, m1, _, d0, d1, _, h0, h1, _, n0, n1, _, s0, s1, _, f0, f1, f2, f3, f4, f5, _] =
        &mut text;
    write_digits([y0, y1, y2, y3], year);
    write_digits([m0, m1], utc.month());
    write_digits([d0, d1], utc.day());
    write_digits([h0, h1], utc.hour());
    write_digits([n0, n1], utc.minute());
    write_digits([s0, s1], utc.second() + leap);
    write_digits([f0, f1, f2, f3, f4, f5], micros);
    Some(text)
}

/// Writes a number's last digits into these places.
fn write_digits<const COUNT: usize>(places: [&mut u8; COUNT], mut number: u32) {
    for place in places.into_iter().rev() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text that a moment is written as, and the one that chrono writes.
    fn texts(at: Timestamp) -> (String, String) {
        let written = moment(&at, serde_json::value::Serializer).unwrap();
        let chronos = at.to_rfc3339_opts(SecondsFormat::Micros, true);
        (written.as_str().unwrap().to_owned(), chronos)
    }

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
            let (written, chronos) = texts(Timestamp::from_timestamp_micros(micros).unwrap());
            assert_eq!(written, chronos);
        }
    }

    #[test]
    fn a_leap_second_is_the_sixtieth() {
        let (written, chronos) =
            texts(Timestamp::from_timestamp(1_483_228_799, 1_500_000_000).unwrap());
        assert_eq!(written, chronos);
        assert_eq!(written, "2016-12-31T23:59:60.500000Z");
    }
}
