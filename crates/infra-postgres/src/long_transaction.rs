//! A transaction on the whole database, on a connection of its own: it takes none from the pool, and as long as
//! it must.
//!
//! The limits that keep requests short do not hold for it. Who drops it stops what it is doing and takes back
//! what it did.

use std::time::Duration;

use diesel_async::SimpleAsyncConnection as _;

use crate::{
    connection::{Connection, CommitState},
    error::DbError,
    pool::{self, Pool},
};

/// How long a lock is waited for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long it may do nothing, while the other side of a copy works or a reader of findings thinks.
const IDLE_TIMEOUT: Duration = Duration::from_mins(10);
/// How long the server may take to roll back before the connection is closed instead.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(2);

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccessMode {
    /// Read, as of one moment.
    ReadOnly,
    /// Write; each statement sees the last commit before it.
    ReadWrite,
}

pub(crate) struct LongTransaction {
    /// `None` once it is over.
    conn: Option<Connection>,
}

impl LongTransaction {
    /// Begins one, on a fresh connection to where that pool's connections go.
    pub(crate) async fn begin(pool: &Pool, mode: AccessMode) -> Result<Self, DbError> {
        let conn = pool.connect_unpooled().await?.unprepared();
        let transaction = Self { conn: Some(conn) };
        let mut conn = transaction.connection()?;
        let mode = match mode {
            AccessMode::ReadOnly => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            AccessMode::ReadWrite => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        // The server takes the moment of the first statement that looks at a table, so there is one.
        conn.batch_execute(&format!(
            "{mode}; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = {}; \
             SET LOCAL idle_in_transaction_session_timeout = {}; SELECT FROM users LIMIT 0",
            LOCK_TIMEOUT.as_millis(),
            IDLE_TIMEOUT.as_millis(),
        ))
        .await?;
        Ok(transaction)
    }

    pub(crate) fn connection(&self) -> Result<&Connection, DbError> {
        self.conn.as_ref().ok_or(DbError::Impossible("a transaction that is over"))
    }

    /// Commits, and returns the connection, on which nothing is open any more.
    pub(crate) async fn commit(mut self) -> Result<Connection, DbError> {
        let conn = self.connection()?;
        conn.commit().await.map_err(|error| match conn.commit_state() {
            CommitState::Sent => DbError::CommitUnknown(error),
            CommitState::Open | CommitState::Answered => error.into(),
        })?;
        self.conn.take().ok_or(DbError::Impossible("a transaction that is over"))
    }

    /// Takes back what was done, and waits a little for the server to say that it has.
    pub(crate) async fn roll_back(mut self) {
        let Ok(mut conn) = self.connection() else { return };
        let rolling = tokio::time::timeout(ROLLBACK_TIMEOUT, conn.batch_execute("ROLLBACK"));
        if matches!(rolling.await, Ok(Ok(()))) {
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
