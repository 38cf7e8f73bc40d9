//! Time: a value that callers pass in.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;

/// A point in time, in UTC. Stores keep microseconds, so a [`Clock`] returns whole microseconds.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// The source of the current time, and the only one in the domain.
pub trait Clock: Send + Sync {
    /// The current time, truncated to whole microseconds, so that a stored timestamp reads back
    /// equal.
    fn now(&self) -> Timestamp;
}

/// This timestamp plus the span. Saturates at `Timestamp::MAX_UTC`.
pub(crate) fn saturating_add(at: Timestamp, span: TimeDelta) -> Timestamp {
    at.checked_add_signed(span).unwrap_or(Timestamp::MAX_UTC)
}

/// As [`saturating_add`], for a duration.
pub(crate) fn saturating_after(at: Timestamp, duration: Duration) -> Timestamp {
    saturating_add(at, TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX))
}

/// Waits. The domain has no runtime of its own.
#[async_trait]
pub trait Timer: Send + Sync {
    /// Returns after that time. Dropping the future ends the wait.
    async fn sleep(&self, duration: Duration);
}
