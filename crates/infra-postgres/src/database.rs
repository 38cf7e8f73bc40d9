//! Pieces of work on a database: each in a transaction of its own, and tried again where that is safe.
//!
//! An asynchronous closure that borrows a connection cannot be shown to be `Send`; so a piece of work is
//! data with a method: see [`Work`].

use std::{future::Future, time::Duration};

use diesel::result::Error as DieselError;
use diesel_async::SimpleAsyncConnection as _;
use domain::StoreError;
use rand::RngExt as _;

use crate::{
    connection::{Connection, End},
    error::{Abort, Away, Failure, Remedy},
    last_success::LastSuccess,
    limits::Limits,
    long_transaction::{LongTransaction, Purpose},
    pool::{Lease, Pool},
};

/// How often a transaction is tried again that got in another one's way.
const MAX_REPEATS: u32 = 5;
/// The longest pause before the first of those tries; it doubles with each.
const REPEAT_BACKOFF: Duration = Duration::from_millis(10);
/// How long the server may take to roll a transaction back before the connection is closed instead.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(2);

/// A piece of work: what it needs to know, and what it does with a connection.
///
/// It may be done more than once, each time from the start, so it changes nothing but the database. What
/// it does after an error of a statement is in vain: the transaction can only be rolled back.
pub(crate) trait Work: Sync {
    type Output: Send;
    /// What the port's caller gets if nothing does.
    type Error: From<StoreError> + Send;

    /// Planner settings for the transaction around it, each as `; SET LOCAL name = value`. They need a transaction:
    /// [`Database::read`] has none.
    const SETTINGS: &'static str = "";

    fn run(
        &self,
        conn: &Connection,
    ) -> impl Future<Output = Result<Self::Output, Abort<Self::Error>>> + Send;
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
    limits: Limits,
}

impl Database {
    /// Works through that pool, within those limits.
    pub(crate) fn new(pool: Pool, limits: Limits) -> Self {
        Self { pool, last_success: LastSuccess::none(), limits }
    }

    /// How long a transaction waits for a lock, if nothing else is asked for.
    pub(crate) fn lock_timeout(&self) -> Duration {
        self.limits.lock
    }

    /// Writes, in a transaction. What comes out of the work is committed.
    pub(crate) async fn write<W: Work>(&self, work: &W) -> Result<W::Output, W::Error> {
        self.write_with_lock_timeout(work, self.limits.lock).await
    }

    /// Writes in a transaction that waits up to `lock_timeout` for each lock.
    pub(crate) async fn write_with_lock_timeout<W: Work>(
        &self,
        work: &W,
        lock_timeout: Duration,
    ) -> Result<W::Output, W::Error> {
        self.repeat(TxMode::ReadWrite(lock_timeout), work).await
    }

    /// Reads. Each statement sees the last commit before it.
    pub(crate) async fn read<W: Work>(&self, work: &W) -> Result<W::Output, W::Error> {
        self.repeat(TxMode::Autocommit, work).await
    }

    /// Reads. All statements see the same moment.
    pub(crate) async fn snapshot<W: Work>(&self, work: &W) -> Result<W::Output, W::Error> {
        self.repeat(TxMode::Snapshot, work).await
    }

    /// Begins a transaction on the whole database, beside all others.
    pub(crate) async fn long_transaction(
        &self,
        purpose: Purpose,
    ) -> Result<LongTransaction, StoreError> {
        Ok(LongTransaction::begin(&self.pool, purpose).await?)
    }

    pub(crate) fn forget_idle(&self) {
        self.pool.forget_idle();
    }

    pub(crate) fn last_success(&self) -> &LastSuccess {
        &self.last_success
    }

    /// Whether further work is refused.
    pub(crate) fn is_closed(&self) -> bool {
        self.pool.is_closed()
    }

    /// Tells whoever listens how its connections are used now.
    pub(crate) fn show_pool(&self) {
        self.pool.show();
    }

    /// Refuses further work, and waits for what is under way.
    pub(crate) async fn close(&self) {
        self.pool.close(self.limits.transaction).await;
    }

    async fn repeat<W: Work>(&self, mode: TxMode, work: &W) -> Result<W::Output, W::Error> {
        let mut reconnected = false;
        let mut repeats = 0;
        loop {
            let failure = match self.once(mode, work).await {
                Ok(output) => {
                    self.last_success.note();
                    return Ok(output);
                }
                Err(Abort::Refused(refusal)) => {
                    self.last_success.note();
                    return Err(refusal);
                }
                Err(Abort::Failed(failure)) => failure,
            };
            match failure.remedy() {
                Remedy::Reconnect => {
                    self.pool.forget_idle();
                    if reconnected {
                        return Err(StoreError::from(failure).into());
                    }
                    reconnected = true;
                }
                Remedy::Repeat if repeats < MAX_REPEATS => {
                    tokio::time::sleep(pause(repeats)).await;
                    repeats += 1;
                }
                _ => return Err(StoreError::from(failure).into()),
            }
        }
    }

    async fn once<W: Work>(&self, mode: TxMode, work: &W) -> Result<W::Output, Abort<W::Error>> {
        let lease = self.pool.lease().await?;
        let conn = lease.connection()?;
        let begin = self.begin(mode, W::SETTINGS);
        let running = async {
            let Some(begin) = begin else { return work.run(conn).await };
            let output = within(conn, &begin, work).await?;
            if matches!(mode, TxMode::ReadWrite(_)) && conn.end() == End::Open {
                conn.commit().await?;
            }
            Ok(output)
        };
        match tokio::time::timeout(self.limits.transaction, running).await {
            Ok(done) if conn.end() != End::Open => after_end(lease, done),
            Ok(Err(Abort::Failed(failure)))
                if mode == TxMode::Autocommit || failure.remedy() == Remedy::Reconnect =>
            {
                // The lease closes the connection.
                Err(failure.into())
            }
            Ok(done) if mode == TxMode::Autocommit => {
                lease.give_back();
                done
            }
            Ok(done) => {
                roll_back(lease).await;
                done
            }
            // The lease closes the connection.
            Err(_elapsed) => Err(unanswered(conn).into()),
        }
    }

    /// How work in that mode begins, if it is in a transaction. The isolation is named each time, as a database or a
    /// user may have another default. Whether it may write is not: an operator who allows no writes, or a server that
    /// cannot write, is not to be overruled.
    fn begin(&self, mode: TxMode, settings: &str) -> Option<String> {
        let (begin, lock_timeout) = match mode {
            TxMode::Autocommit => return None,
            TxMode::Snapshot => {
                ("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", self.limits.lock)
            }
            TxMode::ReadWrite(lock_timeout) => {
                ("BEGIN ISOLATION LEVEL READ COMMITTED", lock_timeout)
            }
        };
        Some(format!("{begin}{}{settings}", self.limits.for_transaction(lock_timeout)))
    }
}

/// Does the work in a transaction that begins like that. Both are sent together; if the beginning fails, so
/// does whatever is sent behind it.
async fn within<W: Work>(
    conn: &Connection,
    begin: &str,
    work: &W,
) -> Result<W::Output, Abort<W::Error>> {
    let mut first = conn;
    let (opened, done) = futures::future::join(first.batch_execute(begin), work.run(conn)).await;
    opened?;
    done
}

/// The failure of work that did not end in time.
fn unanswered(conn: &Connection) -> Failure {
    match conn.end() {
        End::Open => Failure::Away(Away::Silent),
        End::Sent | End::Answered => Failure::CommitUnknown(DieselError::BrokenTransactionManager),
    }
}

/// The result of work whose commit was sent.
fn after_end<T, E>(lease: Lease, done: Result<T, Abort<E>>) -> Result<T, Abort<E>> {
    let conn = lease.connection()?;
    let (end, failed) = (conn.end(), conn.has_failed());
    match done {
        Ok(output) if end == End::Answered && !failed => {
            lease.give_back();
            Ok(output)
        }
        Ok(_) => Err(Failure::Impossible("a commit was taken for one that it was not").into()),
        Err(Abort::Failed(Failure::Statement(error))) if end == End::Sent => {
            Err(Failure::CommitUnknown(error).into())
        }
        // The server has answered: something failed before the commit, which was a rollback then.
        Err(failure) => {
            if end == End::Answered {
                lease.give_back();
            }
            Err(failure)
        }
    }
}

/// Rolls back, so that the connection can be used again; if that does not work, it is closed.
async fn roll_back(lease: Lease) {
    let Ok(mut conn) = lease.connection() else { return };
    let rolling = tokio::time::timeout(ROLLBACK_TIMEOUT, conn.batch_execute("ROLLBACK"));
    if matches!(rolling.await, Ok(Ok(()))) {
        lease.give_back();
    }
}

/// A random pause, so that transactions that got in each other's way do not meet again.
fn pause(repeats: u32) -> Duration {
    let longest = REPEAT_BACKOFF.saturating_mul(1 << repeats.min(16));
    rand::rng().random_range(Duration::ZERO..=longest)
}
