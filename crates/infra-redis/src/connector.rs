//! Where connections are made: on the runtime that Redis was first looked at from.

use std::sync::Arc;

use deadpool::managed::{Manager, Metrics, RecycleResult};
use deadpool_redis::redis::{ErrorKind, RedisError, aio::MultiplexedConnection};
use tokio::runtime::Handle;

/// Makes connections for the pool.
///
/// A connection is driven by a task, and ends with the runtime of that task. Callers come from runtimes of
/// their own, one for each worker of a server, which end one by one; a connection that one of them had made
/// would break under another one's request. So all are made on one runtime, which outlives them.
#[derive(Debug)]
pub(crate) struct Connector {
    opens: Arc<deadpool_redis::Manager>,
    runtime: Handle,
}

impl Connector {
    pub(crate) fn new(opens: deadpool_redis::Manager, runtime: Handle) -> Self {
        Self { opens: Arc::new(opens), runtime }
    }
}

impl Manager for Connector {
    type Type = MultiplexedConnection;
    type Error = RedisError;

    async fn create(&self) -> Result<MultiplexedConnection, RedisError> {
        let opens = Arc::clone(&self.opens);
        // Whoever gives up before leaves a task behind that ends by the client's own time limit.
        let made = self.runtime.spawn(async move { opens.create().await }).await;
        made.unwrap_or_else(|_ended| Err((ErrorKind::Io, "the runtime has ended").into()))
    }

    async fn recycle(
        &self,
        connection: &mut MultiplexedConnection,
        metrics: &Metrics,
    ) -> RecycleResult<RedisError> {
        self.opens.recycle(connection, metrics).await
    }
}
