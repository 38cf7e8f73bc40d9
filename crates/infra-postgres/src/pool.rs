//! A bounded set of connections, each lent to one piece of work at a time.
//!
//! A connection that comes back in doubt is closed, never lent again: whatever it held, the server lets go.

use std::time::{Duration, Instant};

use deadpool::{
    Runtime,
    managed::{self, Metrics, Object, PoolError, RecycleError, RecycleResult, TimeoutType},
};
use tokio::runtime::Handle;

use crate::{
    connect::{ConnectError, Connector},
    connection::Connection,
    error::{Unavailable, DbError},
    metrics::PoolMetrics,
};

/// How long stopping a statement may take that nobody waits for any more.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(2);

/// How often a pool that is closing looks whether all connections are back.
const CLOSE_POLL_INTERVAL: Duration = Duration::from_millis(5);

pub(crate) struct Pool {
    connections: managed::Pool<Manager>,
    metrics: PoolMetrics,
}

impl Pool {
    /// A pool of at most `size` connections to that database, which metrics call `database`, in sessions with these
    /// options where the server itself answers. None is made yet.
    /// A caller waits as long as `wait` for one to become free, and as long as `connecting` for a fresh one.
    pub(crate) fn new(
        connector: Connector,
        options: String,
        database: &'static str,
        size: usize,
        wait_timeout: Duration,
        connect_timeout: Duration,
    ) -> Result<Self, DbError> {
        let connections = managed::Pool::builder(Manager { connector, options })
            .max_size(size.max(1))
            .wait_timeout(Some(wait_timeout))
            .create_timeout(Some(connect_timeout))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_no_runtime| DbError::Impossible("a pool without a runtime"))?;
        Ok(Self { connections, metrics: PoolMetrics::new(database) })
    }

    /// Borrows a connection, an idle one or a fresh one.
    pub(crate) async fn check_out(&self) -> Result<PooledConnection, DbError> {
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

    /// Tells whoever listens how the connections are used now.
    pub(crate) fn record_metrics(&self) {
        self.metrics.record_status(self.connections.status());
    }

    /// A fresh connection beside these, for work that takes long. Whoever has it closes it.
    pub(crate) async fn connect_unpooled(&self) -> Result<Connection, DbError> {
        if self.connections.is_closed() {
            return Err(Unavailable::Closed.into());
        }
        Ok(self.connections.manager().connector.connect().await?)
    }

    /// Whether further work is refused.
    pub(crate) fn is_closed(&self) -> bool {
        self.connections.is_closed()
    }

    /// Closes what is idle: one of them was found dead, and the others have lain there as long.
    pub(crate) fn close_idle(&self) {
        self.connections.retain(|_connection, _metrics| false);
    }

    /// Refuses further work, closes what is idle, and waits until the rest is given back, but no longer than
    /// `patience`.
    pub(crate) async fn close(&self, timeout: Duration) {
        self.connections.close();
        let emptying = async {
            while self.connections.status().size > 0 {
                tokio::time::sleep(CLOSE_POLL_INTERVAL).await;
            }
        };
        drop(tokio::time::timeout(timeout, emptying).await);
    }
}

struct Manager {
    connector: Connector,
    /// What each session is to have, as a server's options.
    options: String,
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

/// A borrowed connection. Unless it is [given back](Self::check_in) in good order, it is closed.
pub(crate) struct PooledConnection {
    object: Option<Object<Manager>>,
}

impl PooledConnection {
    /// Gives the connection back for others to use: nothing is open on it.
    pub(crate) fn check_in(mut self) {
        drop(self.object.take());
    }

    pub(crate) fn connection(&self) -> Result<&Connection, DbError> {
        let object =
            self.object.as_ref().ok_or(DbError::Impossible("a pooled without connection"))?;
        Ok(object)
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            cancel_and_close(Object::take(object));
        }
    }
}

/// Closes a connection on which something may be going on, and stops that.
pub(crate) fn cancel_and_close(connection: Connection) {
    // Closing is not enough: a server that is in the middle of a statement, or waits for a lock, does
    // not look whether anybody is still there.
    if let Ok(runtime) = Handle::try_current()
        && !connection.is_closed()
    {
        runtime.spawn(async move {
            drop(tokio::time::timeout(CANCEL_TIMEOUT, connection.cancel()).await);
        });
    }
}
