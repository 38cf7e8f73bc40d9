//! Timeouts of statements and transactions, and how they are set on the server.

use std::time::Duration;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// The longest time of one statement.
    pub(crate) statement: Duration,
    /// The longest wait for a lock.
    pub(crate) lock: Duration,
    /// The longest idle time inside a transaction.
    pub(crate) idle: Duration,
    /// The longest time of a whole transaction, measured by this program.
    pub(crate) transaction: Duration,
}

impl Timeouts {
    /// The timeouts of statements outside transactions, as session options.
    pub(crate) fn for_session(self) -> String {
        self.settings(self.lock).map(|(name, timeout)| format!("-c {name}={timeout} ")).concat()
    }

    /// The timeouts as `SET LOCAL` statements, to be appended to a `BEGIN` and sent with it. They
    /// hold for the transaction only: behind a `PgBouncer`, the next transaction on the same
    /// connection is another client's.
    pub(crate) fn for_transaction(self, lock: Duration) -> String {
        self.settings(lock)
            .map(|(name, timeout)| format!("; SET LOCAL {name} = {timeout}"))
            .concat()
    }

    /// The timeouts by their names on the server, in milliseconds. 0 would mean no timeout.
    fn settings(self, lock: Duration) -> [(&'static str, u128); 3] {
        [
            ("statement_timeout", self.statement),
            ("lock_timeout", lock),
            ("idle_in_transaction_session_timeout", self.idle),
        ]
        .map(|(name, timeout)| (name, timeout.as_millis().max(1)))
    }
}
