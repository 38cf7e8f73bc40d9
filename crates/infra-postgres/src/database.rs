//! Pieces of work on a database: each in a transaction of its own, and tried again where that is safe.
//!
//! An asynchronous closure that borrows a connection cannot be shown to be `Send`; so a piece of work is
//! data with a method: see [`DbOperation`].

use std::{future::Future, time::Duration};

use diesel::result::Error as DieselError;
use diesel_async::SimpleAsyncConnection as _;
use domain::StoreError;
use rand::RngExt as _;

use crate::{
    connection::{Connection, CommitState},
    error::{TxError, Unavailable, DbError, RetryAdvice},
    last_success::LastSuccess,
    timeouts::Timeouts,
    long_transaction::{AccessMode, LongTransaction},
    pool::{PooledConnection, Pool},
};

/// How often a transaction is tried again that got in another one's way.
const MAX_RETRIES: u32 = 5;
/// The longest pause before the first of those tries; it doubles with each.
const RETRY_BACKOFF: Duration = Duration::from_millis(10);
/// How long the server may take to roll a transaction back before the connection is closed instead.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(2);

/// A piece of work: what it needs to know, and what it does with a connection.
///
/// It may be done more than once, each time from the start, so it changes nothing but the database. What
/// it does after an error of a statement is in vain: the transaction can only be rolled back.
pub(crate) trait DbOperation: Sync {
    type Output: Send;
    /// What the port's caller gets if nothing does.
    type Error: From<StoreError> + Send;

    /// Planner settings for the transaction around it, each as `; SET LOCAL name = value`. They need a transaction:
    /// [`Database::read`] has none.
    const SETTINGS: &'static str = "";

    fn run(
        &self,
        conn: &Connection,
    ) -> impl Future<Output = Result<Self::Output, TxError<Self::Error>>> + Send;
}

/// What surrounds a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TxMode {
    /// Nothing: each statement stands for itself.
    Autocommit,
    /// A transaction that sees one moment and writes nothing.
    Snapshot,
    /// A transaction that is committed, and waits for a lock as long as this.
    ReadWrite(Duration),
}

/// One database, through one pool.
pub(crate) struct Database {
    pool: Pool,
    last_success: LastSuccess,
    timeouts: Timeouts,
}

impl Database {
    /// Works through that pool, within those limits.
    pub(crate) fn new(pool: Pool, timeouts: Timeouts) -> Self {
        Self { pool, last_success: LastSuccess::new(), timeouts }
    }

    /// How long a transaction waits for a lock, if nothing else is asked for.
    pub(crate) fn lock_timeout(&self) -> Duration {
        self.timeouts.lock
    }

    /// Writes, in a transaction. What comes out of the work is committed.
    pub(crate) async fn write<O: DbOperation>(&self, operation: &O) -> Result<O::Output, O::Error> {
        self.write_with_lock_timeout(operation, self.timeouts.lock).await
    }

    /// Writes in a transaction that waits up to `lock_timeout` for each lock.
    pub(crate) async fn write_with_lock_timeout<O: DbOperation>(
        &self,
        operation: &O,
        lock_timeout: Duration,
    ) -> Result<O::Output, O::Error> {
        self.run(TxMode::ReadWrite(lock_timeout), operation).await
    }

    /// Reads. Each statement sees the last commit before it.
    pub(crate) async fn read<O: DbOperation>(&self, operation: &O) -> Result<O::Output, O::Error> {
        self.run(TxMode::Autocommit, operation).await
    }

    /// Reads. All statements see the same moment.
    pub(crate) async fn snapshot<O: DbOperation>(&self, operation: &O) -> Result<O::Output, O::Error> {
        self.run(TxMode::Snapshot, operation).await
    }

    /// Begins a transaction on the whole database, beside all others.
    pub(crate) async fn long_transaction(
        &self,
        mode: AccessMode,
    ) -> Result<LongTransaction, StoreError> {
        Ok(LongTransaction::begin(&self.pool, mode).await?)
    }

    pub(crate) fn close_idle(&self) {
        self.pool.close_idle();
    }

    pub(crate) fn last_success(&self) -> &LastSuccess {
        &self.last_success
    }

    /// Whether further work is refused.
    pub(crate) fn is_closed(&self) -> bool {
        self.pool.is_closed()
    }

    /// Tells whoever listens how its connections are used now.
    pub(crate) fn record_pool_metrics(&self) {
        self.pool.record_metrics();
    }

    /// Refuses further work, and waits for what is under way.
    pub(crate) async fn close(&self) {
        self.pool.close(self.timeouts.transaction).await;
    }

    async fn run<O: DbOperation>(&self, mode: TxMode, operation: &O) -> Result<O::Output, O::Error> {
        let mut reconnected = false;
        let mut retries = 0;
        loop {
            let failure = match self.attempt(mode, operation).await {
                Ok(output) => {
                    self.last_success.record();
                    return Ok(output);
                }
                Err(TxError::Refused(refusal)) => {
                    self.last_success.record();
                    return Err(refusal);
                }
                Err(TxError::Failed(failure)) => failure,
            };
            match failure.retry_advice() {
                RetryAdvice::Reconnect => {
                    self.pool.close_idle();
                    if reconnected {
                        return Err(StoreError::from(failure).into());
                    }
                    reconnected = true;
                }
                RetryAdvice::Retry if retries < MAX_RETRIES => {
                    tokio::time::sleep(retry_delay(retries)).await;
                    retries += 1;
                }
                _ => return Err(StoreError::from(failure).into()),
            }
        }
    }

    async fn attempt<O: DbOperation>(&self, mode: TxMode, operation: &O) -> Result<O::Output, TxError<O::Error>> {
        let pooled = self.pool.check_out().await?;
        let conn = pooled.connection()?;
        let begin = self.begin(mode, O::SETTINGS);
        let running = async {
            let Some(begin) = begin else { return operation.run(conn).await };
            let output = run_in_transaction(conn, &begin, operation).await?;
            if matches!(mode, TxMode::ReadWrite(_)) && conn.commit_state() == CommitState::Open {
                conn.commit().await?;
            }
            Ok(output)
        };
        match tokio::time::timeout(self.timeouts.transaction, running).await {
            Ok(done) if conn.commit_state() != CommitState::Open => after_commit(pooled, done),
            Ok(Err(TxError::Failed(failure)))
                if mode == TxMode::Autocommit || failure.retry_advice() == RetryAdvice::Reconnect =>
            {
                // The lease closes the connection.
                Err(failure.into())
            }
            Ok(done) if mode == TxMode::Autocommit => {
                pooled.check_in();
                done
            }
            Ok(done) => {
                roll_back(pooled).await;
                done
            }
            // The lease closes the connection.
            Err(_elapsed) => Err(timeout_error(conn).into()),
        }
    }

    /// How work in that mode begins, if it is in a transaction. The isolation is named each time, as a database or a
    /// user may have another default. Whether it may write is not: an operator who allows no writes, or a server that
    /// cannot write, is not to be overruled.
    fn begin(&self, mode: TxMode, settings: &str) -> Option<String> {
        let (begin, lock_timeout) = match mode {
            TxMode::Autocommit => return None,
            TxMode::Snapshot => {
                ("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", self.timeouts.lock)
            }
            TxMode::ReadWrite(lock_timeout) => {
                ("BEGIN ISOLATION LEVEL READ COMMITTED", lock_timeout)
            }
        };
        Some(format!("{begin}{}{settings}", self.timeouts.for_transaction(lock_timeout)))
    }
}

/// Does the work in a transaction that begins like that. Both are sent together; if the beginning fails, so
/// does whatever is sent behind it.
async fn run_in_transaction<O: DbOperation>(
    conn: &Connection,
    begin: &str,
    operation: &O,
) -> Result<O::Output, TxError<O::Error>> {
    let mut first = conn;
    let (opened, done) = futures::future::join(first.batch_execute(begin), operation.run(conn)).await;
    opened?;
    done
}

/// The failure of work that did not end in time.
fn timeout_error(conn: &Connection) -> DbError {
    match conn.commit_state() {
        CommitState::Open => DbError::Unavailable(Unavailable::TimedOut),
        CommitState::Sent | CommitState::Answered => DbError::CommitUnknown(DieselError::BrokenTransactionManager),
    }
}

/// The result of work whose commit was sent.
fn after_commit<T, E>(pooled: PooledConnection, done: Result<T, TxError<E>>) -> Result<T, TxError<E>> {
    let conn = pooled.connection()?;
    let (commit, failed) = (conn.commit_state(), conn.has_failed());
    match done {
        Ok(output) if commit == CommitState::Answered && !failed => {
            pooled.check_in();
            Ok(output)
        }
        Ok(_) => Err(DbError::Impossible("a commit was taken for one that it was not").into()),
        Err(TxError::Failed(DbError::Statement(error))) if commit == CommitState::Sent => {
            Err(DbError::CommitUnknown(error).into())
        }
        // The server has answered: something failed before the commit, which was a rollback then.
        Err(failure) => {
            if commit == CommitState::Answered {
                pooled.check_in();
            }
            Err(failure)
        }
    }
}

/// Rolls back, so that the connection can be used again; if that does not work, it is closed.
async fn roll_back(pooled: PooledConnection) {
    let Ok(mut conn) = pooled.connection() else { return };
    let rolling = tokio::time::timeout(ROLLBACK_TIMEOUT, conn.batch_execute("ROLLBACK"));
    if matches!(rolling.await, Ok(Ok(()))) {
        pooled.check_in();
    }
}

/// A random pause, so that transactions that got in each other's way do not meet again.
fn retry_delay(retries: u32) -> Duration {
    let longest = RETRY_BACKOFF.saturating_mul(1 << retries.min(16));
    rand::rng().random_range(Duration::ZERO..=longest)
}
