//! The processes of one shop: servers, a worker, PostgreSQL and Redis, with a proxy in front of
//! each that other processes talk through.

use std::sync::Arc;

use crate::harness::{
    Client, FaultProxy, Postgres, Process, ProxyMode, Redis, Server, ServerBuilder, Store,
    free_port,
};

/// The database of a shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoreKind {
    Sqlite,
    Postgres,
}

impl StoreKind {
    /// The name that `OMS_TORTURE_STORE` uses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// One `oms serve` with its proxies. It keeps its port across restarts.
#[derive(Debug)]
pub(super) struct Replica {
    /// `None` while it is killed.
    pub(super) server: Option<Server>,
    /// In front of the server; clients use it.
    pub(super) clients: FaultProxy,
    /// In front of PostgreSQL; absent on SQLite.
    pub(super) database: Option<FaultProxy>,
    /// A client that does not go through the proxy.
    pub(super) operator: Client,
    settings: ServerBuilder,
}

/// A running shop. Fields are dropped in this order: programs before what they use.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) kind: StoreKind,
    pub(super) replicas: Vec<Replica>,
    /// A separate worker, only on PostgreSQL. `None` while it is killed.
    pub(super) worker: Option<Process>,
    worker_settings: ServerBuilder,
    pub(super) store: Arc<Store>,
    pub(super) redis_proxy: FaultProxy,
    pub(super) redis: Redis,
    pub(super) postgres: Option<Postgres>,
}

impl Shop {
    /// Starts a shop: on SQLite one server that also delivers events, on PostgreSQL two servers,
    /// of which one delivers events, and a worker.
    pub(super) async fn start(kind: StoreKind) -> Self {
        let redis = Redis::start_durable().await;
        let redis_proxy = FaultProxy::in_front_of(&format!("127.0.0.1:{}", redis.port())).await;
        let postgres = match kind {
            StoreKind::Sqlite => None,
            StoreKind::Postgres => Some(Postgres::start(&[]).await),
        };
        let store = match &postgres {
            None => Store::on_sqlite(),
            Some(postgres) => Store::on_servers(&postgres.url(), None),
        };
        let settings = Server::configure_on(store)
            .var("REDIS_URL", format!("redis://{}", redis_proxy.address()))
            .var("REDIS_PREFIX", "oms")
            .var("EVENT_STREAM_LENGTH", 100_000_000)
            .var("SECRET_KEY", "the secret with which all replicas sign their tokens")
            .var("OUTBOX_POLL_MS", 20)
            .var("OUTBOX_RETRY_MS", 20)
            .var("OUTBOX_LEASE_SECONDS", 1)
            .var("OUTBOX_MAX_ATTEMPTS", 1_000)
            .var("RUST_LOG", "warn,domain=error")
            .with_file_limit();
        let store = Arc::clone(settings.store());
        let mut replicas = Vec::new();
        for number in 0..if postgres.is_some() { 2 } else { 1 } {
            let port = free_port();
            let clients = FaultProxy::in_front_of(&format!("127.0.0.1:{port}")).await;
            let settings = settings.clone().var("PORT", port);
            let (database, settings) = match &postgres {
                None => (None, settings),
                Some(postgres) => {
                    let proxy = FaultProxy::in_front_of(&postgres.address()).await;
                    let url = proxied(&store, postgres, &proxy);
                    let worker = if number == 0 { "off" } else { "on" };
                    let settings = settings.var("DATABASE_URL", url).var("OUTBOX_WORKER", worker);
                    (Some(proxy), settings)
                }
            };
            let operator = Client::anonymous(&format!("http://127.0.0.1:{port}"));
            let server = Some(settings.clone().start());
            replicas.push(Replica { server, clients, database, operator, settings });
        }
        let worker_settings = match (&postgres, replicas.last().and_then(|it| it.database.as_ref()))
        {
            (Some(postgres), Some(proxy)) => {
                settings.var("DATABASE_URL", proxied(&store, postgres, proxy))
            }
            _ => settings,
        };
        let worker = postgres.as_ref().map(|_| worker_settings.clone().start_worker());
        Self { kind, replicas, worker, worker_settings, store, redis_proxy, redis, postgres }
    }

    /// The addresses that clients use.
    pub(super) fn base_urls(&self) -> Vec<String> {
        self.replicas.iter().map(|it| format!("http://{}", it.clients.address())).collect()
    }

    /// All proxies.
    pub(super) fn proxies(&self) -> impl Iterator<Item = &FaultProxy> {
        let of_replicas = self.replicas.iter().flat_map(|it| {
            let [clients, database] = [Some(&it.clients), it.database.as_ref()];
            clients.into_iter().chain(database)
        });
        of_replicas.chain([&self.redis_proxy])
    }

    /// Starts what is killed. All of it has to be reachable.
    pub(super) fn start_killed(&mut self) {
        for replica in &mut self.replicas {
            if replica.server.is_none() {
                replica.server = Some(replica.settings.clone().start());
            }
        }
        if self.worker.is_none() && self.postgres.is_some() {
            self.worker = Some(self.worker_settings.clone().start_worker());
        }
    }

    /// The programs that ended by themselves.
    pub(super) fn crashed(&mut self) -> Vec<String> {
        let mut crashed = Vec::new();
        for replica in &mut self.replicas {
            if replica.server.as_mut().is_some_and(|server| !server.is_running()) {
                crashed.push(format!("the server behind {}", replica.clients.address()));
            }
        }
        if self.worker.as_mut().is_some_and(|worker| !worker.is_running()) {
            crashed.push("the worker".to_owned());
        }
        crashed
    }

    /// Why a server does not report that it can serve requests, with Redis or without. `None` if
    /// all do.
    pub(super) async fn unreadiness(&self) -> Option<String> {
        for (number, replica) in self.replicas.iter().enumerate() {
            match replica.operator.get("/readyz").try_send().await {
                Ok(response) if response.status == 200 => {}
                Ok(response) => return Some(format!("server {number}: {}", response.text)),
                Err(error) => return Some(format!("server {number}: {error:?}")),
            }
        }
        None
    }

    /// Resets every proxy.
    pub(super) fn forward(&self) {
        self.proxies().for_each(|proxy| proxy.set_mode(ProxyMode::Forward));
    }
}

/// The URL of the store's database through this proxy, unencrypted, as the proxy looks for commits.
fn proxied(store: &Store, postgres: &Postgres, proxy: &FaultProxy) -> String {
    let url = store.database_url().replace(&postgres.address(), proxy.address());
    format!("{url}?sslmode=disable")
}
