//! Moments as the database keeps them: whole microseconds since 1970-01-01 00:00 UTC.

use domain::Timestamp;

/// The moment in microseconds; what is finer is cut off.
pub(crate) fn micros(moment: Timestamp) -> i64 {
    moment.timestamp_micros()
}

/// The first whole microsecond that is not before the moment: the lower end of a range of stored moments.
pub(crate) fn micros_rounded_up(moment: Timestamp) -> i64 {
    let finer = !moment.timestamp_subsec_nanos().is_multiple_of(1_000);
    moment.timestamp_micros().saturating_add(i64::from(finer))
}

/// The moment that was kept as so many microseconds, or `None` if it is beyond the calendar.
pub(crate) fn moment(micros: i64) -> Option<Timestamp> {
    Timestamp::from_timestamp_micros(micros)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_moment_in_whole_microseconds_reads_back_equal() {
        for raw in [-1, 0, 1, 1_767_225_600_123_456] {
            assert_eq!(moment(raw).map(micros), Some(raw));
        }
    }

    #[test]
    fn the_lower_end_of_a_range_leaves_nothing_before_it_in() {
        let exact = moment(5).unwrap();
        assert_eq!(micros_rounded_up(exact), 5);
        assert_eq!(micros_rounded_up(exact + TimeDelta::nanoseconds(1)), 6);
    }

    #[test]
    fn a_number_beyond_the_calendar_is_no_moment() {
        assert_eq!(moment(i64::MAX), None);
    }
}
