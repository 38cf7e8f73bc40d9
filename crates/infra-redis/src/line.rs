//! The way to Redis: connections, their time limits, and what is done when it is away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use deadpool::{
    Runtime,
    managed::{Hook, HookError, Metrics, Object, Pool, PoolError, TimeoutType, Timeouts},
};
use deadpool_redis::{
    Manager,
    redis::{
        AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, ScriptInvocation,
        TlsCertificates, aio::MultiplexedConnection,
    },
};
use tokio::{runtime::Handle, time::timeout};

use crate::{
    address::RedisUrl,
    breaker::Breaker,
    connector::Connector,
    failure::{RedisFailure, RedisSetupError},
    keys::Keys,
    options::RedisOptions,
    server::Servers,
};

/// What calls need.
pub(crate) struct Line {
    pub(crate) keys: Keys,
    pub(crate) options: RedisOptions,
    client: Client,
    pool: Pool<Connector>,
    runtime: Handle,
    breaker: Arc<Breaker>,
    servers: Arc<Servers>,
    /// Whether it was told that something is refused.
    complained: AtomicBool,
}

/// What is asked of Redis.
pub(crate) enum Call<'a> {
    Script(&'a ScriptInvocation<'a>),
    Command(&'a Cmd),
}

impl Call<'_> {
    async fn send<T: FromRedisValue>(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> Result<T, RedisError> {
        match self {
            Self::Script(script) => script.invoke_async(connection).await,
            Self::Command(command) => command.query_async(connection).await,
        }
    }
}

impl Line {
    /// A line whose connections live on that runtime.
    pub(crate) fn new(
        url: &RedisUrl,
        options: RedisOptions,
        runtime: Handle,
    ) -> Result<Self, RedisSetupError> {
        let keys = Keys::new(&options.prefix);
        let breaker = Arc::new(Breaker::new(options.calm));
        let servers = Arc::new(Servers::new(keys.clone(), Arc::clone(&breaker)));
        let client = client(url, &options)?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(options.connect_timeout))
            .set_response_timeout(Some(options.command_timeout));
        let manager = Manager::new_with_config(client.get_connection_info().clone(), config)
            .map_err(RedisSetupError::Client)?;
        let (new, used) = (Arc::clone(&servers), Arc::clone(&servers));
        let pool = Pool::builder(Connector::new(manager, runtime.clone()))
            .max_size(options.connections.max(1))
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(options.pool_wait),
                create: Some(options.connect_timeout),
                recycle: Some(options.command_timeout),
            })
            .post_create(Hook::async_fn(move |connection, metrics| {
                let (servers, made_at) = (Arc::clone(&new), metrics.created);
                Box::pin(async move {
                    servers.meet(connection, made_at).await.map_err(HookError::Backend)
                })
            }))
            .pre_recycle(Hook::sync_fn(move |_connection, metrics: &Metrics| {
                if used.still_the_same_since(metrics.created) {
                    Ok(())
                } else {
                    Err(HookError::message("the server changed since"))
                }
            }))
            .build()
            .map_err(|_only_without_a_runtime| RedisSetupError::Pool)?;
        let complained = AtomicBool::new(false);
        Ok(Self { keys, options, client, pool, runtime, breaker, servers, complained })
    }

    pub(crate) fn is_up(&self) -> bool {
        self.breaker.is_closed()
    }

    pub(crate) fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Takes Redis for away from now on, for good and without a word.
    pub(crate) fn shut(&self) {
        self.breaker.shut();
    }

    pub(crate) fn close_connections(&self) {
        self.pool.close();
    }

    /// The runtime that connections live on.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// For connections beside the pool.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Asks Redis, unless it is away. The first failure makes it away.
    pub(crate) async fn call<T: FromRedisValue>(&self, call: Call<'_>) -> Result<T, RedisFailure> {
        self.call_within(call, self.options.pool_wait).await
    }

    /// The same, with the patience of a change: for what a process asks for itself.
    pub(crate) async fn call_patiently<T: FromRedisValue>(
        &self,
        call: Call<'_>,
    ) -> Result<T, RedisFailure> {
        self.call_within(call, self.options.change_wait).await
    }

    async fn call_within<T: FromRedisValue>(
        &self,
        call: Call<'_>,
        wait: Duration,
    ) -> Result<T, RedisFailure> {
        if !self.is_up() {
            return Err(RedisFailure::Away);
        }
        let begun = self.breaker.closings();
        let answer = self.ask(call, wait).await;
        match &answer {
            Err(failure) if failure.is_an_outage() => self.open(failure, begun),
            Err(failure @ RedisFailure::Refused(_)) => self.complain(failure),
            _ => {}
        }
        answer
    }

    /// Tells Redis of a change; also while it is about to be used again. Whoever waits for a connection when
    /// it turns out to be away waits no longer.
    pub(crate) async fn tell(&self, call: Call<'_>) -> Result<(), RedisFailure> {
        let given_up = self.breaker.next_opening();
        if !self.breaker.lets_changes_through() {
            return Err(RedisFailure::Away);
        }
        let begun = self.breaker.closings();
        let told = tokio::select! {
            biased;
            connection = self.connection(self.options.change_wait) => match connection {
                Ok(connection) => self.send(call, connection).await,
                Err(failure) => Err(failure),
            },
            () = given_up => Err(RedisFailure::Away),
        };
        match &told {
            // A change that is refused is as untold as one that is not heard.
            Err(failure @ RedisFailure::Refused(_)) => self.open(failure, begun),
            Err(failure) if failure.is_an_outage() => self.open(failure, begun),
            _ => {}
        }
        told
    }

    /// Tells of a refusal: loudly once, since what is refused once is refused each time.
    fn complain(&self, failure: &RedisFailure) {
        if self.complained.swap(true, Ordering::Relaxed) {
            tracing::debug!(error = %failure, "Redis refused a command");
        } else {
            tracing::warn!(error = %failure, "Redis refuses a command; going on without it");
        }
    }

    fn open(&self, failure: &RedisFailure, begun: u64) {
        if self.breaker.open(failure, begun) {
            // Those that are idle would fail as well, one by one.
            drop(self.pool.retain(|_connection, _metrics| false));
        }
    }

    /// Asks Redis, whether it is away or not.
    async fn ask<T: FromRedisValue>(
        &self,
        call: Call<'_>,
        wait: Duration,
    ) -> Result<T, RedisFailure> {
        let connection = self.connection(wait).await?;
        self.send(call, connection).await
    }

    /// A connection, if one is free within that time.
    async fn connection(&self, wait: Duration) -> Result<Object<Connector>, RedisFailure> {
        // Whoever finds one free does not wait, and has no use for the time: in an outage it would only take
        // longer to notice that.
        let status = self.pool.status();
        let free = status.available > 0 || status.size < status.max_size;
        let wait = if free { wait.min(self.options.pool_wait) } else { wait };
        let timeouts = Timeouts { wait: Some(wait), ..self.pool.timeouts() };
        // Within the pool each step has its limit; this one is for all steps together, since a pool of
        // connections that hang would be tried one by one.
        let limit = wait + self.options.connect_timeout;
        match timeout(limit, self.pool.timeout_get(&timeouts)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(PoolError::Timeout(TimeoutType::Wait))) => Err(RedisFailure::Busy),
            Ok(Err(PoolError::Timeout(_))) | Err(_) => Err(RedisFailure::TimedOut),
            Ok(Err(
                PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)),
            )) => Err(RedisFailure::from(error)),
            Ok(Err(
                PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_),
            )) => Err(RedisFailure::Away),
        }
    }

    async fn send<T: FromRedisValue>(
        &self,
        call: Call<'_>,
        mut connection: Object<Connector>,
    ) -> Result<T, RedisFailure> {
        // A script that the server does not know takes three round trips, so there is a limit here as
        // well as one for each answer.
        let answer = timeout(self.options.command_timeout, call.send(&mut connection)).await;
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                let failure = RedisFailure::of_answer(error);
                if failure.is_an_outage() {
                    drop(Object::take(connection));
                }
                Err(failure)
            }
            Err(_elapsed) => {
                // What comes after a call that hangs would hang as well.
                drop(Object::take(connection));
                Err(RedisFailure::TimedOut)
            }
        }
    }

    /// Tries Redis again and again while it is away.
    pub(crate) async fn keep_probing(&self) {
        loop {
            self.breaker.until_open().await;
            tokio::time::sleep(self.options.probe_every).await;
            self.probe().await;
        }
    }

    /// Finds out whether Redis is there and takes writes by voiding all that is cached, and closes the
    /// breaker then.
    ///
    /// Also who has told everything may not use what is there from before: others may have changed something
    /// during the outage that they could not tell, and this process may be the first to be back.
    pub(crate) async fn probe(&self) {
        for once_more in [false, true] {
            if once_more {
                self.breaker.half_open();
            }
            let healing = self.breaker.healing();
            let voided: Result<(), _> =
                self.ask(Call::Script(&self.servers.forget_all()), self.options.change_wait).await;
            if let Err(failure) = voided {
                self.breaker.open(&failure, self.breaker.closings());
                return;
            }
            if self.breaker.close(healing) {
                return;
            }
            // A change came up meanwhile that Redis was not told of.
        }
    }

    /// Tries once more to void all that is cached, if there is something that Redis was not told of. For
    /// whoever leaves: there is nobody else who knows.
    pub(crate) async fn leave_no_doubt(&self, within: Duration) {
        if !self.breaker.is_in_doubt() {
            return;
        }
        let forget = self.servers.forget_all();
        let voided = timeout(within, self.ask::<()>(Call::Script(&forget), within)).await;
        if let Err(failure) = voided.unwrap_or(Err(RedisFailure::TimedOut)) {
            tracing::debug!(error = %failure, "left with a change that the caches were not told of");
        }
    }

    /// Voids all that is cached, in Redis and before it.
    pub(crate) async fn forget_all(&self) -> Result<(), RedisFailure> {
        self.tell(Call::Script(&self.servers.forget_all())).await
    }

    /// Whether what Redis counts may be less than what happened within that time.
    pub(crate) fn may_have_forgotten_within(&self, time: Duration) -> bool {
        self.breaker.was_unsure_within(time)
    }
}

/// The client for an address.
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
            Client::build_with_tls(info, certificates).map_err(RedisSetupError::Certificates)
        }
    }
}
