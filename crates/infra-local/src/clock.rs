//! The system clock.

use chrono::{SubsecRound, Utc};
use domain::{Clock, Timestamp};

/// The operating system's clock, in whole microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Utc::now().trunc_subsecs(6)
    }
}
