//! Redis as the rest of a program holds it: from the first look at it until it is closed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{runtime::Handle, task::JoinHandle, time::timeout};

use crate::{
    address::RedisUrl,
    client::{Outage, RedisClient},
    failure::RedisSetupError,
    options::RedisOptions,
};

/// How long [`Redis::close`] may take to void what an unconfirmed invalidation has left.
const LAST_INVALIDATION_TIMEOUT: Duration = Duration::from_secs(1);

/// Redis, which may come and go.
///
/// While it is away every request fails at once, without a look at the network; a task tries to connect
/// every [`RedisOptions::retry_interval`].
///
/// Clones share everything. The task ends with the last clone, or at [`Self::close`].
#[derive(Clone)]
pub struct Redis {
    client: Arc<RedisClient>,
    task: Arc<KeepConnected>,
}

struct KeepConnected(JoinHandle<()>);

impl Drop for KeepConnected {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Redis {
    /// Connects, and reconnects from now on whenever that is necessary. That Redis is away is no error: it
    /// is an outage from the start.
    ///
    /// The connection lives on the runtime that this is called on. Requests may come from others.
    ///
    /// What was cached before is voided, since a process of before may have died between a commit and its invalidation.
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
        let keeping = Arc::clone(&client);
        let task = tokio::spawn(async move { keeping.keep_connected(outage).await });
        Ok(Self { client, task: Arc::new(KeepConnected(task)) })
    }

    /// Whether Redis is used at the moment.
    pub fn is_up(&self) -> bool {
        self.client.is_up()
    }

    /// Closes the connection. Redis is away for all clones from now on.
    ///
    /// If an invalidation may not have reached Redis, everything that is cached there is voided before that, if
    /// Redis answers within a second.
    pub async fn close(&self) {
        self.task.0.abort();
        if !self.client.is_up() {
            let voided = timeout(LAST_INVALIDATION_TIMEOUT, self.client.reconnect()).await;
            if !matches!(voided, Ok(Ok(()))) {
                tracing::debug!("left without a word to Redis, which may hold old values");
            }
        }
        self.client.shut();
    }

    pub(crate) fn client(&self) -> &Arc<RedisClient> {
        &self.client
    }
}
