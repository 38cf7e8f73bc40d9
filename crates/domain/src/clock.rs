//! Time: a value that callers pass in.

/// A point in time, in UTC. Stores keep microseconds, so a [`Clock`] returns whole microseconds.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// The source of the current time, and the only one in the domain.
pub trait Clock: Send + Sync {
    /// The current time, truncated to whole microseconds, so that a stored timestamp reads back
    /// equal.
    fn now(&self) -> Timestamp;
}
