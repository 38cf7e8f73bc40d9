//! How long statements and transactions may take, and how the server is told.

use std::time::Duration;

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// A statement.
    pub(crate) statement: Duration,
    /// Waiting for a row that somebody else has locked.
    pub(crate) lock: Duration,
    /// Doing nothing in the middle of a transaction.
    pub(crate) idle: Duration,
    /// A whole transaction, as seen from here.
    pub(crate) transaction: Duration,
}

impl Timeouts {
    /// The limits of statements outside of transactions, as options of a session.
    pub(crate) fn for_session(self) -> String {
        self.settings(self.lock).map(|(name, limit)| format!("-c {name}={limit} ")).concat()
    }

    /// The limits as statements behind the beginning of a transaction, for it alone: behind a `PgBouncer`, the next
    /// transaction on the same connection is another client's. They travel with the beginning.
    pub(crate) fn for_transaction(self, lock: Duration) -> String {
        self.settings(lock).map(|(name, limit)| format!("; SET LOCAL {name} = {limit}")).concat()
    }

    /// The limits by their names on the server, in milliseconds. 0 would be no limit.
    fn settings(self, lock: Duration) -> [(&'static str, u128); 3] {
        [
            ("statement_timeout", self.statement),
            ("lock_timeout", lock),
            ("idle_in_transaction_session_timeout", self.idle),
        ]
        .map(|(name, limit)| (name, limit.as_millis().max(1)))
    }
}
