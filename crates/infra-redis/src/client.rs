//! The client: one connection, which all requests share, and reconnecting when it is lost.

use std::{
    fmt::Display,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use deadpool_redis::{
    Connection, Manager, Pool, PoolError,
    redis::{
        AsyncConnectionConfig, Client, Cmd, FromRedisValue, Pipeline, RedisError, ScriptInvocation,
        TlsCertificates, aio::MultiplexedConnection, cmd,
    },
};
use tokio::{runtime::Handle, time::timeout};

use crate::{
    breaker::Breaker,
    failure::{RedisFailure, RedisSetupError},
    keys::Keys,
    options::RedisOptions,
    random_id,
    url::RedisUrl,
};

/// How often the client pings Redis, even without requests, to detect that Redis hangs: meanwhile
/// another process may have failed to invalidate an entry.
const PING_INTERVAL: Duration = Duration::from_millis(250);

pub(crate) struct RedisClient {
    pub(crate) keys: Keys,
    options: RedisOptions,
    /// Makes the connections. Each is taken out of the pool permanently and shared by all requests,
    /// which are pipelined on it. With a pool, two connections could lead to two servers, and an
    /// invalidation over one would not affect reads over the other.
    pool: Pool,
    runtime: Handle,
    breaker: Breaker<MultiplexedConnection>,
    /// When a lost connection was last replaced.
    reconnected_at: Mutex<Option<Instant>>,
    /// Whether a refused command was logged as a warning.
    has_warned: AtomicBool,
}

/// A request to Redis.
pub(crate) enum Request<'a> {
    Command(&'a Cmd),
    Pipeline(&'a Pipeline),
    Script(&'a ScriptInvocation<'a>),
}

impl Request<'_> {
    async fn send<T: FromRedisValue>(
        &self,
        mut connection: MultiplexedConnection,
    ) -> Result<T, RedisFailure> {
        let reply = match self {
            Self::Command(command) => command.query_async(&mut connection).await,
            Self::Pipeline(pipeline) => pipeline.query_async(&mut connection).await,
            Self::Script(script) => script.invoke_async(&mut connection).await,
        };
        reply.map_err(RedisFailure::from_reply)
    }
}

/// An outage whose beginning was logged.
pub(crate) struct Outage {
    since: Instant,
}

impl Outage {
    pub(crate) fn begin(since: Instant, failure: &dyn Display) -> Self {
        tracing::warn!(
            error = %failure,
            "Redis is away; continuing without it: reads are slower, rate limits are per process"
        );
        Self { since }
    }

    fn end(self, back_at: Instant) {
        let seconds = back_at.duration_since(self.since).as_secs_f32();
        tracing::info!(seconds, "Redis is back after {seconds:.1} s");
    }
}

impl RedisClient {
    /// A client whose connections belong to `runtime`. It is not connected yet.
    pub(crate) fn new(
        url: &RedisUrl,
        options: RedisOptions,
        runtime: Handle,
    ) -> Result<Self, RedisSetupError> {
        Ok(Self {
            keys: Keys::new(&options.prefix),
            pool: pool(url, &options)?,
            options,
            runtime,
            breaker: Breaker::new(),
            reconnected_at: Mutex::new(None),
            has_warned: AtomicBool::new(false),
        })
    }

    pub(crate) fn is_up(&self) -> bool {
        self.breaker.is_closed()
    }

    /// Whether [`Self::close`] was called.
    pub(crate) fn is_closed(&self) -> bool {
        self.breaker.is_forced_open()
    }

    /// Closes the connection permanently. From then on requests fail as in an outage.
    pub(crate) fn close(&self) {
        self.breaker.force_open();
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Sends a request, unless the breaker is open. The first failure opens the breaker.
    pub(crate) async fn request<T: FromRedisValue>(
        &self,
        request: Request<'_>,
    ) -> Result<T, RedisFailure> {
        let (epoch, connection) = self.breaker.connection().ok_or(RedisFailure::Unavailable)?;
        let reply = request.send(connection).await;
        match &reply {
            Err(failure @ RedisFailure::Failed(_)) => {
                tracing::debug!(error = %failure, "lost the connection to Redis");
                self.breaker.open(epoch);
            }
            Err(failure @ RedisFailure::Refused(_)) => self.warn_once(failure),
            Err(RedisFailure::Unavailable) | Ok(_) => {}
        }
        reply
    }

    /// Sends a request that invalidates entries. If it is not confirmed, or the caller drops the
    /// future, the breaker opens: reads resume only over a new connection, whose first command
    /// invalidates all entries.
    pub(crate) async fn invalidate(&self, request: Request<'_>) -> Result<(), RedisFailure> {
        let connection = self.breaker.connection_for_invalidations();
        let (epoch, connection) = connection.ok_or(RedisFailure::Unavailable)?;
        let pending = PendingInvalidation { breaker: &self.breaker, epoch, is_confirmed: false };
        let confirmed = request.send(connection).await;
        match &confirmed {
            Ok(()) => pending.confirm(),
            Err(failure) => tracing::debug!(error = %failure, "an invalidation failed"),
        }
        confirmed
    }

    /// Logs a refused command: the first as a warning, all later ones, which usually have the same
    /// cause, at level debug.
    fn warn_once(&self, failure: &RedisFailure) {
        if self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::debug!(error = %failure, "Redis refused a command");
        } else {
            tracing::warn!(error = %failure, "Redis refuses a command; continuing without it");
        }
    }

    /// The command that invalidates all entries.
    pub(crate) fn rotate_namespace(&self) -> Cmd {
        let mut set = cmd("SET");
        set.arg(self.keys.namespace()).arg(random_id());
        set
    }

    /// Connects, invalidates all entries, and then closes the breaker. Must run on the runtime that
    /// the connections belong to.
    pub(crate) async fn reconnect(&self) -> Result<(), RedisFailure> {
        let connection = Connection::take(self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => RedisFailure::Failed(error),
            _closed => RedisFailure::Unavailable,
        })?);
        let epoch = self.breaker.half_open(connection).ok_or(RedisFailure::Unavailable)?;
        self.invalidate(Request::Command(&self.rotate_namespace())).await?;
        if self.breaker.close(epoch) { Ok(()) } else { Err(RedisFailure::Unavailable) }
    }

    /// Replaces each lost connection, without end. Logs each outage once when it begins, and once
    /// when Redis has been available again for [`RedisOptions::stable_after`].
    pub(crate) async fn keep_connected(&self, mut outage: Option<Outage>) {
        let ping = cmd("PING");
        loop {
            while timeout(PING_INTERVAL, self.breaker.until_open()).await.is_err() {
                let _pong: Result<String, _> = self.request(Request::Command(&ping)).await;
            }
            let lost_at = Instant::now();
            while let Err(failure) = self.reconnect().await {
                outage = outage.or_else(|| Some(Outage::begin(lost_at, &failure)));
                tokio::time::sleep(self.options.retry_interval).await;
            }
            let back_at = Instant::now();
            *self.reconnected_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(back_at);
            if outage.is_some()
                && timeout(self.options.stable_after, self.breaker.until_open()).await.is_err()
                && let Some(outage) = outage.take()
            {
                outage.end(back_at);
            }
        }
    }

    /// Whether Redis may have lost counts within this period, because it was unavailable or
    /// restarted.
    pub(crate) fn may_have_lost_counts_within(&self, period: Duration) -> bool {
        let reconnected_at = self.reconnected_at.lock().unwrap_or_else(PoisonError::into_inner);
        reconnected_at.is_some_and(|at| at.elapsed() < period)
    }
}

/// An invalidation that Redis has not confirmed yet. Opens the breaker when dropped unconfirmed.
struct PendingInvalidation<'a> {
    breaker: &'a Breaker<MultiplexedConnection>,
    epoch: u64,
    is_confirmed: bool,
}

impl PendingInvalidation<'_> {
    fn confirm(mut self) {
        self.is_confirmed = true;
    }
}

impl Drop for PendingInvalidation<'_> {
    fn drop(&mut self) {
        if !self.is_confirmed {
            self.breaker.open(self.epoch);
        }
    }
}

/// A connection pool, with the client library's timeouts.
fn pool(url: &RedisUrl, options: &RedisOptions) -> Result<Pool, RedisSetupError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(options.connect_timeout))
        .set_response_timeout(Some(options.command_timeout));
    // The client's connection info includes the trusted certificates.
    let info = client(url, options)?.get_connection_info().clone();
    let manager = Manager::new_with_config(info, config).map_err(RedisSetupError::Client)?;
    Pool::builder(manager).build().map_err(RedisSetupError::Pool)
}

/// The client library's client.
fn client(url: &RedisUrl, options: &RedisOptions) -> Result<Client, RedisSetupError> {
    let info = url.connection_info().clone();
    if !url.is_encrypted() {
        return Client::open(info).map_err(RedisSetupError::Client);
    }
    // Rustls needs a default provider if several are compiled in. An earlier choice is kept.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    match &options.root_certificates {
        None => Client::open(info).map_err(RedisSetupError::Client),
        Some(pem) => {
            let certificates = TlsCertificates { client_tls: None, root_cert: Some(pem.clone()) };
            let built: Result<_, RedisError> = Client::build_with_tls(info, certificates);
            built.map_err(RedisSetupError::Certificates)
        }
    }
}
