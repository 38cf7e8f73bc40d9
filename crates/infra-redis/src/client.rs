//! The client: one connection, which all requests share, and what is done when it is lost.

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
    address::RedisUrl,
    breaker::Breaker,
    failure::{RedisFailure, RedisSetupError},
    keys::Keys,
    options::RedisOptions,
    random,
};

/// How often to ask whether Redis is there when nothing else may be asking. One that hung for longer than that is found to
/// have hung: another process may have been unable to invalidate something meanwhile.
const PING_INTERVAL: Duration = Duration::from_millis(250);

pub(crate) struct RedisClient {
    pub(crate) keys: Keys,
    options: RedisOptions,
    /// Makes the connections. Each is taken out for good and shared by all requests, which are pipelined on it: two
    /// connections of a pool could lead to two servers, and then an invalidation on one would not void what is read over the
    /// other.
    pool: Pool,
    runtime: Handle,
    breaker: Breaker<MultiplexedConnection>,
    /// When a lost connection was last replaced.
    reconnected_at: Mutex<Option<Instant>>,
    /// Whether a refusal was logged.
    has_warned: AtomicBool,
}

/// What is asked of Redis.
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
        let answer = match self {
            Self::Command(command) => command.query_async(&mut connection).await,
            Self::Pipeline(pipeline) => pipeline.query_async(&mut connection).await,
            Self::Script(script) => script.invoke_async(&mut connection).await,
        };
        answer.map_err(RedisFailure::of_answer)
    }
}

/// An outage that was logged.
pub(crate) struct Outage {
    since: Instant,
}

impl Outage {
    pub(crate) fn begin(since: Instant, failure: &dyn Display) -> Self {
        tracing::warn!(
            error = %failure,
            "Redis is away; going on without it, which is slower and limits each process alone"
        );
        Self { since }
    }

    fn end(self, back_at: Instant) {
        let seconds = back_at.duration_since(self.since).as_secs_f32();
        tracing::info!(seconds, "Redis is back after {seconds:.1} s");
    }
}

impl RedisClient {
    /// A client whose connections live on that runtime. It is not connected yet.
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

    pub(crate) fn is_shut(&self) -> bool {
        self.breaker.is_shut()
    }

    /// Takes Redis for away from now on, and closes the connection.
    pub(crate) fn shut(&self) {
        self.breaker.shut();
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Asks Redis, unless it is away. The first failure makes it away.
    pub(crate) async fn request<T: FromRedisValue>(
        &self,
        request: Request<'_>,
    ) -> Result<T, RedisFailure> {
        let (epoch, connection) = self.breaker.connection().ok_or(RedisFailure::Away)?;
        let answer = request.send(connection).await;
        match &answer {
            Err(failure @ RedisFailure::Failed(_)) => {
                tracing::debug!(error = %failure, "lost the connection to Redis");
                self.breaker.open(epoch);
            }
            Err(failure @ RedisFailure::Refused(_)) => self.warn_once(failure),
            Err(RedisFailure::Away) | Ok(_) => {}
        }
        answer
    }

    /// Sends what voids cached values. If that is not confirmed, also because the caller goes away, this process
    /// uses Redis again only over a new connection, and so after a new namespace has voided everything.
    pub(crate) async fn invalidate(&self, request: Request<'_>) -> Result<(), RedisFailure> {
        let connection = self.breaker.connection_for_invalidations();
        let (epoch, connection) = connection.ok_or(RedisFailure::Away)?;
        let pending = PendingInvalidation { breaker: &self.breaker, epoch, is_confirmed: false };
        let confirmed = request.send(connection).await;
        match &confirmed {
            Ok(()) => pending.confirm(),
            Err(failure) => tracing::debug!(error = %failure, "an invalidation failed"),
        }
        confirmed
    }

    /// Logs a refusal: once as a warning, since what is refused once is refused each time.
    fn warn_once(&self, failure: &RedisFailure) {
        if self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::debug!(error = %failure, "Redis refused a command");
        } else {
            tracing::warn!(error = %failure, "Redis refuses a command; going on without it");
        }
    }

    /// The command that voids everything that is cached.
    pub(crate) fn draw_namespace(&self) -> Cmd {
        let mut draw = cmd("SET");
        draw.arg(self.keys.namespace()).arg(random());
        draw
    }

    /// Makes a connection, voids everything that is cached, and closes the breaker then. Runs on the
    /// runtime that connections live on.
    pub(crate) async fn reconnect(&self) -> Result<(), RedisFailure> {
        let connection = Connection::take(self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => RedisFailure::Failed(error),
            _closed => RedisFailure::Away,
        })?);
        let epoch = self.breaker.half_open(connection).ok_or(RedisFailure::Away)?;
        self.invalidate(Request::Command(&self.draw_namespace())).await?;
        if self.breaker.close(epoch) { Ok(()) } else { Err(RedisFailure::Away) }
    }

    /// Replaces each connection that is lost, for ever, and logs outages: each once when it begins and once when it is
    /// over, which is when Redis was there for a while without a break.
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

    /// Whether what Redis counts may be less than what happened within that time: it was away, or was restarted.
    pub(crate) fn may_have_forgotten_within(&self, time: Duration) -> bool {
        let reconnected_at = self.reconnected_at.lock().unwrap_or_else(PoisonError::into_inner);
        reconnected_at.is_some_and(|at| at.elapsed() < time)
    }
}

/// An invalidation that Redis has not confirmed yet. Opens the breaker if it is dropped like that.
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

/// A pool of connections to an address, with the client library's own time limits.
fn pool(url: &RedisUrl, options: &RedisOptions) -> Result<Pool, RedisSetupError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(options.connect_timeout))
        .set_response_timeout(Some(options.command_timeout));
    // What a client says of its connection includes the certificates that it trusts.
    let info = client(url, options)?.get_connection_info().clone();
    let manager = Manager::new_with_config(info, config).map_err(RedisSetupError::Client)?;
    Pool::builder(manager).build().map_err(RedisSetupError::Pool)
}

/// The client library's client for an address.
fn client(url: &RedisUrl, options: &RedisOptions) -> Result<Client, RedisSetupError> {
    let info = url.connection_info().clone();
    if !url.is_encrypted() {
        return Client::open(info).map_err(RedisSetupError::Client);
    }
    // Rustls asks which cryptography to use if several are compiled in. An earlier choice stands.
    let _chosen_before = rustls::crypto::ring::default_provider().install_default();
    match &options.root_certificates {
        None => Client::open(info).map_err(RedisSetupError::Client),
        Some(pem) => {
            let certificates = TlsCertificates { client_tls: None, root_cert: Some(pem.clone()) };
            let built: Result<_, RedisError> = Client::build_with_tls(info, certificates);
            built.map_err(RedisSetupError::Certificates)
        }
    }
}
