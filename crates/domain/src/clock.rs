//! Time as the domain sees it: a value that somebody passes in.

/// A moment in UTC. Stores keep microseconds, so a [`Clock`] hands out no finer ones.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// Tells the time. The only source of "now" in the domain.
pub trait Clock: Send + Sync {
    /// The current moment, truncated to whole microseconds, so that what was written reads back equal.
    fn now(&self) -> Timestamp;
}
