//! Timestamps as SQLite stores them: whole microseconds since 1970-01-01 00:00 UTC.

use domain::Timestamp;

/// The timestamp in microseconds, rounded down.
pub(crate) fn micros(timestamp: Timestamp) -> i64 {
    timestamp.timestamp_micros()
}

/// The timestamp of a number of microseconds. `None` if it is beyond the calendar.
pub(crate) fn timestamp(micros: i64) -> Option<Timestamp> {
    Timestamp::from_timestamp_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_in_whole_microseconds_reads_back_equal() {
        for raw in [-1, 0, 1, 1_767_225_600_123_456] {
            assert_eq!(timestamp(raw).map(micros), Some(raw));
        }
    }

    #[test]
    fn a_number_beyond_the_calendar_is_no_timestamp() {
        assert_eq!(timestamp(i64::MAX), None);
    }
}
