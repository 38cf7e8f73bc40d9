//! A transaction on the whole database, for an audit, an export or an import. It has its own
//! connection outside the pool, and no limit on its duration.
//!
//! The timeouts of requests do not apply. Dropping it cancels the running statement and rolls back.

use std::time::Duration;

use diesel_async::SimpleAsyncConnection as _;

use crate::{
    connection::{CommitState, Connection},
    error::DbError,
    pool::{self, Pool},
};

const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the transaction may be idle: the other database of a copy may be slow, or the observer
/// of an audit may block.
const IDLE_TIMEOUT: Duration = Duration::from_mins(10);
/// How long a rollback may take before the connection is closed instead.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(2);

/// The access mode and the isolation of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccessMode {
    /// Reads from one snapshot.
    ReadOnly,
    /// Writes; each statement sees the last commit before it.
    ReadWrite,
}

pub(crate) struct LongTransaction {
    /// `None` once it has ended.
    conn: Option<Connection>,
}

impl LongTransaction {
    /// Begins one, on a new connection to the database of that pool.
    pub(crate) async fn begin(pool: &Pool, mode: AccessMode) -> Result<Self, DbError> {
        let conn = pool.connect_unpooled().await?.unprepared();
        let transaction = Self { conn: Some(conn) };
        let mut conn = transaction.connection()?;
        let begin = match mode {
            AccessMode::ReadOnly => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            AccessMode::ReadWrite => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        // The server takes the snapshot with the first statement that reads a table, so there is
        // one here.
        conn.batch_execute(&format!(
            "{begin}; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = {}; \
             SET LOCAL idle_in_transaction_session_timeout = {}; SELECT FROM users LIMIT 0",
            LOCK_TIMEOUT.as_millis(),
            IDLE_TIMEOUT.as_millis(),
        ))
        .await?;
        Ok(transaction)
    }

    pub(crate) fn connection(&self) -> Result<&Connection, DbError> {
        self.conn.as_ref().ok_or(DbError::Impossible("a transaction that has ended"))
    }

    /// Commits, and returns the connection, which has no open transaction.
    pub(crate) async fn commit(mut self) -> Result<Connection, DbError> {
        let conn = self.connection()?;
        conn.commit().await.map_err(|error| match conn.commit_state() {
            CommitState::Sent => DbError::CommitUnknown(error),
            CommitState::NotSent | CommitState::Answered => error.into(),
        })?;
        self.conn.take().ok_or(DbError::Impossible("a transaction that has ended"))
    }

    /// Rolls back, and waits for the answer up to a timeout.
    pub(crate) async fn roll_back(mut self) {
        let Ok(mut conn) = self.connection() else { return };
        let rollback = tokio::time::timeout(ROLLBACK_TIMEOUT, conn.batch_execute("ROLLBACK"));
        if matches!(rollback.await, Ok(Ok(()))) {
            drop(self.conn.take());
        }
    }
}

impl Drop for LongTransaction {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            pool::cancel_and_close(conn);
        }
    }
}
