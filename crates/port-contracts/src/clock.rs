//! What a clock has to do.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use domain::Clock;

pub fn it_tells_whole_microseconds(clock: &dyn Clock) {
    for _ in 0..1_000 {
        assert_eq!(clock.now().timestamp_subsec_nanos() % 1_000, 0);
    }
}
