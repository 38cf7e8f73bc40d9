//! The handle of Redis that a program holds, from connecting to closing.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{runtime::Handle, task::JoinHandle, time::timeout};

use crate::{
    client::{Outage, RedisClient},
    failure::RedisSetupError,
    options::RedisOptions,
    url::RedisUrl,
};

/// How long [`Redis::close`] may take to rotate the namespace after an unconfirmed invalidation.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection to Redis that is replaced whenever it is lost.
///
/// While Redis is unavailable every request fails at once, without network access. A task tries to
/// reconnect every [`RedisOptions::retry_interval`].
///
/// Clones share the connection and the task. The task ends with the last clone, or at
/// [`Self::close`].
#[derive(Clone)]
pub struct Redis {
    client: Arc<RedisClient>,
    task: Arc<ReconnectTask>,
}

/// Aborts the task when dropped.
struct ReconnectTask(JoinHandle<()>);

impl Drop for ReconnectTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Redis {
    /// Connects, and reconnects from then on whenever the connection is lost. If Redis is
    /// unavailable, that is no error but an outage that begins now.
    ///
    /// The connection belongs to the runtime that this is called on. Requests may come from other
    /// runtimes.
    ///
    /// All cached entries are invalidated, since an earlier process may have died between a commit
    /// and its invalidation.
    ///
    /// # Errors
    /// [`RedisSetupError`] if the options cannot be used.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub async fn connect(url: &RedisUrl, options: RedisOptions) -> Result<Self, RedisSetupError> {
        let client = Arc::new(RedisClient::new(url, options, Handle::current())?);
        let started = Instant::now();
        let connected = client.reconnect().await;
        let outage = connected.err().map(|failure| Outage::begin(started, &failure));
        let reconnecting = Arc::clone(&client);
        let task = tokio::spawn(async move { reconnecting.keep_connected(outage).await });
        Ok(Self { client, task: Arc::new(ReconnectTask(task)) })
    }

    /// Whether requests are sent to Redis: the circuit breaker is closed.
    pub fn is_up(&self) -> bool {
        self.client.is_up()
    }

    /// Closes the connection. From then on Redis is unavailable for all clones.
    ///
    /// If an invalidation may not have reached Redis, all entries there are invalidated first,
    /// provided that Redis replies within a second.
    pub async fn close(&self) {
        self.task.0.abort();
        if !self.client.is_up() {
            let rotated = timeout(CLOSE_TIMEOUT, self.client.reconnect()).await;
            if !matches!(rotated, Ok(Ok(()))) {
                tracing::debug!(
                    "closed without rotating the cache namespace: Redis may hold stale entries"
                );
            }
        }
        self.client.close();
    }

    pub(crate) fn client(&self) -> &Arc<RedisClient> {
        &self.client
    }
}
