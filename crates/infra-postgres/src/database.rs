//! Operations on a database: each runs in its own transaction, and is retried where that is safe.
//!
//! An asynchronous closure that borrows a connection cannot be shown to be `Send`. So an operation
//! is a value with a method: see [`DbOperation`].

use std::{future::Future, sync::Arc, time::Duration};

use diesel::result::Error as DieselError;
use diesel_async::SimpleAsyncConnection as _;
use domain::StoreError;
use rand::RngExt as _;

use crate::{
    breaker::Breaker,
    connection::{CommitState, Connection},
    error::{DbError, RetryAdvice, TxError, Unavailable},
    last_success::LastSuccess,
    long_transaction::{AccessMode, LongTransaction},
    pool::{Pool, PooledConnection},
    timeouts::Timeouts,
};

/// The most retries of a transaction that was in conflict with another one.
const MAX_RETRIES: u32 = 5;
/// The longest pause before the first retry; it doubles with each retry.
const RETRY_BACKOFF: Duration = Duration::from_millis(10);
/// How long a rollback may take before the connection is closed instead.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(2);

/// An operation on the database: its parameters, and what it does with a connection.
///
/// It may run more than once, each time from the start, so it must have no side effects outside the
/// database. After the error of a statement the transaction can only be rolled back.
pub(crate) trait DbOperation: Sync {
    type Output: Send;
    /// The port's error, which the caller gets if no attempt succeeds.
    type Error: From<StoreError> + Send;

    /// Planner settings for its transaction, each as `; SET LOCAL name = value`. They need a
    /// transaction, which [`Database::read`] does not have.
    const SETTINGS: &'static str = "";

    fn run(
        &self,
        conn: &Connection,
    ) -> impl Future<Output = Result<Self::Output, TxError<Self::Error>>> + Send;
}

/// The kind of transaction that an operation runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TxMode {
    /// No transaction: each statement commits separately.
    Autocommit,
    /// A read-only transaction whose statements share one snapshot.
    Snapshot,
    /// A transaction that is committed. The duration is its lock timeout.
    ReadWrite(Duration),
}

/// One database, with its connection pool.
pub(crate) struct Database {
    pool: Arc<Pool>,
    breaker: Breaker,
    last_success: Arc<LastSuccess>,
    timeouts: Timeouts,
}

impl Database {
    /// A database with this pool. Its breaker has a task on the caller's runtime.
    pub(crate) fn new(pool: Pool, timeouts: Timeouts) -> Self {
        let (pool, last_success) = (Arc::new(pool), Arc::new(LastSuccess::new()));
        let breaker = Breaker::start(Arc::clone(&pool), Arc::clone(&last_success));
        Self { pool, breaker, last_success, timeouts }
    }

    /// The lock timeout of a transaction, unless another one is given.
    pub(crate) fn lock_timeout(&self) -> Duration {
        self.timeouts.lock
    }

    /// Writes, in a transaction that is committed if the operation succeeds.
    pub(crate) async fn write<O: DbOperation>(&self, operation: &O) -> Result<O::Output, O::Error> {
        self.write_with_lock_timeout(operation, self.timeouts.lock).await
    }

    /// Writes in a transaction that waits for each lock up to `lock_timeout`.
    pub(crate) async fn write_with_lock_timeout<O: DbOperation>(
        &self,
        operation: &O,
        lock_timeout: Duration,
    ) -> Result<O::Output, O::Error> {
        self.run(TxMode::ReadWrite(lock_timeout), operation).await
    }

    /// Reads without a transaction. Each statement sees the last commit before it.
    pub(crate) async fn read<O: DbOperation>(&self, operation: &O) -> Result<O::Output, O::Error> {
        self.run(TxMode::Autocommit, operation).await
    }

    /// Reads in a transaction whose statements share one snapshot.
    pub(crate) async fn snapshot<O: DbOperation>(
        &self,
        operation: &O,
    ) -> Result<O::Output, O::Error> {
        self.run(TxMode::Snapshot, operation).await
    }

    /// Begins a transaction on the whole database, on a connection outside the pool.
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

    /// Whether it is closed, so that further operations are refused.
    pub(crate) fn is_closed(&self) -> bool {
        self.pool.is_closed()
    }

    /// Records the pool's metrics as of now.
    pub(crate) fn record_pool_metrics(&self) {
        self.pool.record_metrics();
    }

    /// Refuses further operations, and waits for those in progress.
    pub(crate) async fn close(&self) {
        self.pool.close(self.timeouts.transaction).await;
    }

    async fn run<O: DbOperation>(
        &self,
        mode: TxMode,
        operation: &O,
    ) -> Result<O::Output, O::Error> {
        let mut reconnected = false;
        let mut retries = 0;
        loop {
            let error = match self.attempt(mode, operation).await {
                Ok(output) => {
                    self.last_success.record();
                    return Ok(output);
                }
                Err(TxError::Refused(refusal)) => {
                    self.last_success.record();
                    return Err(refusal);
                }
                Err(TxError::Failed(error)) => error,
            };
            match error.retry_advice() {
                RetryAdvice::Reconnect => {
                    self.pool.close_idle();
                    if reconnected {
                        return Err(StoreError::from(error).into());
                    }
                    reconnected = true;
                }
                RetryAdvice::Retry if retries < MAX_RETRIES => {
                    tokio::time::sleep(retry_delay(retries)).await;
                    retries += 1;
                }
                _ => return Err(StoreError::from(error).into()),
            }
        }
    }

    async fn attempt<O: DbOperation>(
        &self,
        mode: TxMode,
        operation: &O,
    ) -> Result<O::Output, TxError<O::Error>> {
        let pooled = self.breaker.guard(self.pool.check_out()).await??;
        let conn = pooled.connection()?;
        let begin = self.begin(mode, O::SETTINGS);
        let attempt = async {
            let Some(begin) = begin else { return operation.run(conn).await };
            let output = run_in_transaction(conn, &begin, operation).await?;
            if matches!(mode, TxMode::ReadWrite(_)) && conn.commit_state() == CommitState::NotSent {
                conn.commit().await?;
            }
            Ok(output)
        };
        let attempt = self.breaker.guard(attempt);
        let attempt = tokio::time::timeout(self.timeouts.transaction, attempt).await;
        match attempt.unwrap_or(Err(Unavailable::TimedOut)) {
            Ok(done) if conn.commit_state() != CommitState::NotSent => after_commit(pooled, done),
            Ok(Err(TxError::Failed(error)))
                if mode == TxMode::Autocommit || error.retry_advice() == RetryAdvice::Reconnect =>
            {
                // Dropping `pooled` closes the connection.
                Err(error.into())
            }
            Ok(done) if mode == TxMode::Autocommit => {
                pooled.check_in();
                done
            }
            Ok(done) => {
                roll_back(pooled).await;
                done
            }
            // Dropping `pooled` closes the connection.
            Err(unavailable) => Err(given_up(conn, unavailable).into()),
        }
    }

    /// The statements that begin a transaction in this mode; `None` without one. The isolation
    /// level is always given, as a database or a user may have another default. The access mode of
    /// a read-write transaction is not: an operator's read-only setting, or a server that cannot
    /// write, must not be overridden.
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

/// Runs an operation in a transaction. BEGIN and the first statement are sent together; if BEGIN
/// fails, so does every statement after it.
async fn run_in_transaction<O: DbOperation>(
    conn: &Connection,
    begin: &str,
    operation: &O,
) -> Result<O::Output, TxError<O::Error>> {
    let mut begin_conn = conn;
    let (started, result) =
        futures::future::join(begin_conn.batch_execute(begin), operation.run(conn)).await;
    started?;
    result
}

/// The error of an operation that was given up.
fn given_up(conn: &Connection, unavailable: Unavailable) -> DbError {
    match conn.commit_state() {
        CommitState::NotSent => DbError::Unavailable(unavailable),
        CommitState::Sent | CommitState::Answered => {
            DbError::CommitUnknown(DieselError::BrokenTransactionManager)
        }
    }
}

/// The result of an operation whose commit was sent.
fn after_commit<T, E>(
    pooled: PooledConnection,
    done: Result<T, TxError<E>>,
) -> Result<T, TxError<E>> {
    let conn = pooled.connection()?;
    let (commit, failed) = (conn.commit_state(), conn.has_failed());
    match done {
        Ok(output) if commit == CommitState::Answered && !failed => {
            pooled.check_in();
            Ok(output)
        }
        Ok(_) => Err(DbError::Impossible(
            "a commit that was answered after a failed statement was taken for a success",
        )
        .into()),
        Err(TxError::Failed(DbError::Statement(error))) if commit == CommitState::Sent => {
            Err(DbError::CommitUnknown(error).into())
        }
        // The server has answered: a statement before the commit failed, so the commit was a
        // rollback.
        Err(error) => {
            if commit == CommitState::Answered {
                pooled.check_in();
            }
            Err(error)
        }
    }
}

/// Rolls back, so that the connection can be reused; if that fails, the connection is closed.
async fn roll_back(pooled: PooledConnection) {
    let Ok(mut conn) = pooled.connection() else { return };
    let rollback = tokio::time::timeout(ROLLBACK_TIMEOUT, conn.batch_execute("ROLLBACK"));
    if matches!(rollback.await, Ok(Ok(()))) {
        pooled.check_in();
    }
}

/// A random delay, so that transactions that were in conflict do not retry at the same time.
fn retry_delay(retries: u32) -> Duration {
    let max = RETRY_BACKOFF.saturating_mul(1 << retries.min(16));
    rand::rng().random_range(Duration::ZERO..=max)
}
