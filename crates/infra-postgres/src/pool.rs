//! A bounded pool of connections, each checked out by one operation at a time.
//!
//! A connection whose state is unknown is closed, never reused: the server then releases its locks.
//! If its COMMIT is not answered, it stays in the pool until the server has finished that: see
//! [`PooledConnection`].

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use deadpool::{
    Runtime,
    managed::{self, Metrics, Object, PoolError, RecycleError, RecycleResult, TimeoutType},
};
use diesel_async::SimpleAsyncConnection as _;
use tokio::runtime::Handle;

use crate::{
    connect::{ConnectError, Connector},
    connection::{CommitState, Connection},
    error::{DbError, Unavailable},
    metrics::PoolMetrics,
};

/// How long the cancellation of an abandoned statement may take.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(2);

/// How often a closing pool checks whether all connections are returned.
const CLOSE_POLL_INTERVAL: Duration = Duration::from_millis(5);

pub(crate) struct Pool {
    connections: managed::Pool<Manager>,
    size: usize,
    database: &'static str,
    metrics: PoolMetrics,
}

impl Pool {
    /// A pool of at most `size` connections. `database` is its name in metrics, `options` are the
    /// session settings for connections without a pooler in between. It makes no connection yet. A
    /// caller waits up to `wait_timeout` for a free connection, and up to `connect_timeout` for a
    /// new one.
    pub(crate) fn new(
        connector: Connector,
        options: String,
        database: &'static str,
        size: usize,
        wait_timeout: Duration,
        connect_timeout: Duration,
    ) -> Result<Self, DbError> {
        let size = size.max(1);
        let manager = Manager { connector, options, unfinished_commits: AtomicUsize::new(0) };
        let connections = managed::Pool::builder(manager)
            .max_size(size)
            .wait_timeout(Some(wait_timeout))
            .create_timeout(Some(connect_timeout))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_no_runtime| DbError::Impossible("a pool without a runtime"))?;
        Ok(Self { connections, size, database, metrics: PoolMetrics::new(database) })
    }

    /// The name of the database in metrics and the log.
    pub(crate) fn database(&self) -> &'static str {
        self.database
    }

    pub(crate) fn connector(&self) -> &Connector {
        &self.connections.manager().connector
    }

    /// Checks out a connection, an idle or a new one. Fails at once while all wait for commits.
    pub(crate) async fn check_out(&self) -> Result<PooledConnection, DbError> {
        let unfinished = self.connections.manager().unfinished_commits.load(Ordering::Relaxed);
        if unfinished >= self.size {
            return Err(Unavailable::CommitsPending.into());
        }
        let began = Instant::now();
        let got = self.connections.get().await;
        self.metrics.record_wait(began);
        match got {
            Ok(object) => {
                object.reset();
                Ok(PooledConnection { object: Some(object) })
            }
            Err(PoolError::Backend(error)) => Err(error.into()),
            Err(PoolError::Closed) => Err(Unavailable::Closed.into()),
            Err(PoolError::Timeout(TimeoutType::Wait)) => Err(Unavailable::Busy.into()),
            Err(PoolError::Timeout(_)) => Err(Unavailable::TimedOut.into()),
            Err(PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_)) => {
                Err(DbError::Impossible("a pool without a runtime"))
            }
        }
    }

    /// Records the current use of the pool in metrics.
    pub(crate) fn record_metrics(&self) {
        self.metrics.record_status(self.connections.status());
    }

    /// A new connection outside the pool, for a long transaction. The caller closes it.
    pub(crate) async fn connect_unpooled(&self) -> Result<Connection, DbError> {
        if self.connections.is_closed() {
            return Err(Unavailable::Closed.into());
        }
        Ok(self.connector().connect().await?)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.connections.is_closed()
    }

    /// Closes the idle connections after one of them turned out to be dead: the others may be dead
    /// as well.
    pub(crate) fn close_idle(&self) {
        self.connections.retain(|_connection, _metrics| false);
    }

    /// Refuses further checkouts, closes the idle connections, and waits up to `timeout` until the
    /// others are returned.
    pub(crate) async fn close(&self, timeout: Duration) {
        self.connections.close();
        let all_returned = async {
            while self.connections.status().size > 0 {
                tokio::time::sleep(CLOSE_POLL_INTERVAL).await;
            }
        };
        drop(tokio::time::timeout(timeout, all_returned).await);
    }
}

struct Manager {
    connector: Connector,
    /// The settings of each session, in the form of the server's `options` parameter.
    options: String,
    /// How many connections wait for the end of a commit whose caller has given up.
    unfinished_commits: AtomicUsize,
}

impl managed::Manager for Manager {
    type Type = Connection;
    type Error = ConnectError;

    async fn create(&self) -> Result<Connection, ConnectError> {
        self.connector.connect_with(Some(&self.options)).await
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        _metrics: &Metrics,
    ) -> RecycleResult<ConnectError> {
        if connection.is_closed() {
            return Err(RecycleError::message("the server closed the connection"));
        }
        Ok(())
    }
}

/// A checked-out connection. It is closed when it is dropped, unless [`Self::check_in`] returns it
/// to the pool.
///
/// A statement that is still running then is cancelled, except a COMMIT. PostgreSQL answers the
/// cancellation of a COMMIT that waits for a synchronous standby by committing without the standby:
/// a failover would lose a transaction that others have seen (PostgreSQL manual, "Synchronous
/// Replication"). So such a connection stays open, and keeps its place in the pool, until the
/// server has finished the COMMIT.
pub(crate) struct PooledConnection {
    object: Option<Object<Manager>>,
}

impl PooledConnection {
    /// Returns the connection to the pool. It must have no open transaction.
    pub(crate) fn check_in(mut self) {
        drop(self.object.take());
    }

    pub(crate) fn connection(&self) -> Result<&Connection, DbError> {
        let object = self
            .object
            .as_ref()
            .ok_or(DbError::Impossible("a pooled connection that was checked in"))?;
        Ok(object)
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        let Some(object) = self.object.take() else { return };
        match object.commit_state() {
            CommitState::Sent if !object.is_closed() => UnfinishedCommit::await_end(object),
            _ => cancel_and_close(Object::take(object)),
        }
    }
}

/// A connection with a COMMIT that the server has not answered, and whose caller has given up. It
/// is closed when it is dropped.
struct UnfinishedCommit {
    object: Option<Object<Manager>>,
}

impl UnfinishedCommit {
    /// Waits for the end of the COMMIT in the background. There is no timeout: the server finishes
    /// it, or TCP notices that the connection is lost.
    fn await_end(object: Object<Manager>) {
        let Some(pool) = Object::pool(&object) else { return drop(Object::take(object)) };
        let unfinished = Self { object: Some(object) };
        pool.manager().unfinished_commits.fetch_add(1, Ordering::Relaxed);
        pool.manager().connector.runtime().spawn(async move {
            tracing::warn!(
                "a COMMIT is not finished, so its outcome is unknown: if \
                 synchronous_standby_names is set, are enough standbys connected?"
            );
            if let Some(mut connection) = unfinished.object.as_deref() {
                // The server executes this after the COMMIT.
                let ended = connection.batch_execute("ROLLBACK").await;
                tracing::info!(lost = ended.is_err(), "a COMMIT that was not finished has ended");
            }
        });
    }
}

impl Drop for UnfinishedCommit {
    fn drop(&mut self) {
        let Some(object) = self.object.take() else { return };
        if let Some(pool) = Object::pool(&object) {
            pool.manager().unfinished_commits.fetch_sub(1, Ordering::Relaxed);
        }
        drop(Object::take(object));
    }
}

/// Closes a connection, and cancels the statement that may be running on it, unless that is a
/// COMMIT.
pub(crate) fn cancel_and_close(connection: Connection) {
    if connection.commit_state() == CommitState::Sent {
        return;
    }
    // Closing is not enough: a server that executes a statement, or waits for a lock, does not
    // check whether the client is still connected.
    if let Ok(runtime) = Handle::try_current()
        && !connection.is_closed()
    {
        runtime.spawn(async move {
            drop(tokio::time::timeout(CANCEL_TIMEOUT, connection.cancel()).await);
        });
    }
}
