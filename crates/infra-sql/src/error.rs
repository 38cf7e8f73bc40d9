//! Failures that do not depend on the database.

use domain::StoreError;
use tracing::Span;

/// A row that does not make a valid value.
#[derive(Debug, thiserror::Error)]
#[error("{table} row {id} is unreadable: {reason}")]
pub struct Unreadable {
    table: &'static str,
    id: String,
    reason: String,
}

impl Unreadable {
    /// The row of that table with that id, for that reason. The reason must not quote personal
    /// data.
    pub fn new(table: &'static str, id: &dyn ToString, reason: &dyn ToString) -> Self {
        Self { table, id: id.to_string(), reason: reason.to_string() }
    }
}

/// Work on the database panicked: a bug.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the work on the database panicked")]
pub struct Panicked;

impl From<Panicked> for StoreError {
    fn from(panicked: Panicked) -> Self {
        mark_failed(&Span::current());
        Self::broken(panicked)
    }
}

/// Notes in a store's span that it failed. Why is in the log: an error's text is not a span's.
pub fn mark_failed(span: &Span) {
    span.record("error.type", "store");
    span.record("otel.status_code", "ERROR");
}
