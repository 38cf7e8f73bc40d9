//! Errors that do not depend on the database.

use domain::StoreError;
use tracing::Span;

/// A row that cannot be converted to a valid value of the domain.
#[derive(Debug, thiserror::Error)]
#[error("{table} row {id} is unreadable: {reason}")]
pub struct Unreadable {
    table: &'static str,
    id: String,
    reason: String,
}

impl Unreadable {
    /// An error for the row of this table with this id. The reason must not contain personal data.
    pub fn new(table: &'static str, id: &dyn ToString, reason: &dyn ToString) -> Self {
        Self { table, id: id.to_string(), reason: reason.to_string() }
    }
}

/// An operation on the database panicked, which is a bug.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("an operation on the database panicked")]
pub struct Panicked;

impl From<Panicked> for StoreError {
    fn from(panicked: Panicked) -> Self {
        mark_failed(&Span::current());
        Self::broken(panicked)
    }
}

/// Marks a store's span as failed. The reason is in the log only.
pub fn mark_failed(span: &Span) {
    span.record("error.type", "store");
    span.record("otel.status_code", "ERROR");
}
