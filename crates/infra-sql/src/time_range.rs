//! The ends of a range of stored timestamps, which are whole microseconds.

use chrono::{SubsecRound as _, TimeDelta};
use domain::Timestamp;

/// The last whole microsecond that is not after the timestamp: the upper end of a range.
pub fn round_down(timestamp: Timestamp) -> Timestamp {
    timestamp.trunc_subsecs(6)
}

/// The first whole microsecond that is not before the timestamp: the lower end of a range.
pub fn round_up(timestamp: Timestamp) -> Timestamp {
    let down = round_down(timestamp);
    if down == timestamp { down } else { down + TimeDelta::microseconds(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_range_include_no_timestamp_outside_of_it() {
        let exact = Timestamp::from_timestamp_micros(1_767_225_600_123_456).unwrap();
        assert_eq!((round_down(exact), round_up(exact)), (exact, exact));
        let next = exact + TimeDelta::microseconds(1);
        let between = exact + TimeDelta::nanoseconds(1);
        assert_eq!((round_down(between), round_up(between)), (exact, next));
    }

    #[test]
    fn the_ends_of_a_range_before_1970_are_rounded_the_same_way() {
        let exact = Timestamp::from_timestamp_micros(-5).unwrap();
        let between = exact + TimeDelta::nanoseconds(1);
        let next = exact + TimeDelta::microseconds(1);
        assert_eq!((round_down(between), round_up(between)), (exact, next));
    }
}
