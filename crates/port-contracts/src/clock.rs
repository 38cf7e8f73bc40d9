//! The contract of a [`Clock`].
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::time::SystemTime;

use chrono::TimeDelta;
use domain::{Clock, Timestamp};

pub fn timestamps_are_whole_microseconds(clock: &dyn Clock) {
    for _ in 0..1_000 {
        let now = clock.now();
        assert_eq!(now.timestamp_subsec_nanos() % 1_000, 0, "{now}");
    }
}

pub fn timestamps_match_the_system_time(clock: &dyn Clock) {
    let microsecond = TimeDelta::microseconds(1);
    let before = Timestamp::from(SystemTime::now());
    let now = clock.now();
    let after = Timestamp::from(SystemTime::now());
    // Truncated to microseconds, it may be a fraction of one behind.
    assert!(before - microsecond <= now && now <= after, "{before} {now} {after}");
}

pub fn the_clock_advances(clock: &dyn Clock) {
    let start = clock.now();
    while clock.now() == start {
        std::thread::yield_now();
    }
}
