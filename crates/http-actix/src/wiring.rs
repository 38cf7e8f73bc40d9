//! Which adapter stands behind which port. The only file that knows them all.

use std::{fmt::Display, num::NonZeroUsize, path::Path, sync::Arc, thread, time::Duration};

use async_trait::async_trait;
use domain::{
    Clock,
    account::{
        port::{AccountStore, SessionStore},
        service::{AccountPorts, AccountService},
    },
    archive::{ArchiveSource, ArchiveTarget},
    audit::Auditor,
    health::Dependency,
    mail::{MailNotifier, Mailer},
    order::{port::OrderStore, service::OrderService},
    outbox::{
        Courier, CourierSettings,
        port::{MessageHandler, OutboxStore, WorkerId},
    },
    product::{CachedProducts, ProductCache, port::ProductStore, service::ProductService},
    rate_limit::RateLimiter,
};
/// Parts of adapters that the configuration and the commands name; they know them from here.
pub(crate) use infra_local::{BcryptCost, JwtAlgorithm, SystemClock};
use infra_local::{
    BcryptHasher, EventLog, JwtTokens, LocalCacheOptions, LocalProductCache, LocalRateLimiter,
    LogMailer, OsSecrets,
};
use infra_postgres::{PostgresOptions, PostgresStore};
pub(crate) use infra_redis::{KeyPrefix, RedisUrl};
use infra_redis::{Redis, RedisEventStream, RedisOptions, RedisProductCache, RedisRateLimiter};
use infra_smtp::{SmtpMailer, SmtpSettings, SmtpSettingsError};
use infra_sqlite::{SqliteOptions, SqliteStore};

use crate::{
    causes::with_causes,
    config::{
        Config, DataDirError, MailConfig, RedisConfig, SecretConfig, SecretFileError, StoreConfig,
        create_data_dir,
    },
    metrics::{Exporter, MeasuredHandler, OutboxWatch},
    services::{Changes, Services},
    telemetry::TracedHandler,
};

/// The services, who delivers messages, and what is to be closed behind them.
pub(crate) struct Wired {
    /// What handlers and commands call.
    pub(crate) services: Services,
    outbox: Arc<dyn OutboxStore>,
    handlers: Vec<Arc<dyn MessageHandler>>,
    dependencies: Vec<Arc<dyn Dependency>>,
    clock: Arc<dyn Clock>,
    database: Arc<dyn Backend>,
    redis: Option<Redis>,
    smtp: Option<Arc<SmtpMailer>>,
}

impl Wired {
    /// Somebody who delivers messages on every channel that is configured.
    pub(crate) fn courier(&self, settings: CourierSettings) -> Courier {
        // Unique among all processes that ever leased a message.
        let worker = WorkerId::new(uuid::Uuid::now_v7().to_string());
        let (outbox, clock) = (Arc::clone(&self.outbox), Arc::clone(&self.clock));
        Courier::new(outbox, self.handlers.clone(), clock, worker, settings)
    }

    /// What a program is ready with, and what it can do without.
    pub(crate) fn dependencies(&self) -> Vec<Arc<dyn Dependency>> {
        self.dependencies.clone()
    }

    /// Has everything looked at that does not tell its numbers by itself. The outbox is, until what is returned
    /// is dropped.
    pub(crate) fn measure(&self, exporter: &Exporter) -> OutboxWatch {
        let database = Arc::clone(&self.database);
        exporter.sample(move || database.show_pools());
        if let Some(redis) = self.redis.clone() {
            let up = metrics::gauge!("oms_redis_up");
            exporter.sample(move || up.set(f64::from(u8::from(redis.is_up()))));
        }
        OutboxWatch::start(Arc::clone(&self.outbox), Arc::clone(&self.clock))
    }

    /// Writes what is queued and closes everything. Calls after that fail.
    pub(crate) async fn close(self) {
        if let Some(smtp) = self.smtp {
            smtp.close().await;
        }
        self.database.close().await;
        if let Some(redis) = self.redis {
            redis.close().await;
        }
    }
}

/// What a command may want otherwise than a server.
pub(crate) struct Parts {
    /// Tells the time.
    pub(crate) clock: Arc<dyn Clock>,
    /// How slow it is to hash a password.
    pub(crate) bcrypt_cost: BcryptCost,
}

/// Something that everything stands on is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WiringError {
    /// The data directory cannot be made.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// A setting says something that the adapter for it does not understand.
    #[error("{variable}: {problem}")]
    Setting {
        /// Which.
        variable: &'static str,
        /// What is wrong. No secret.
        problem: String,
    },
    /// The database cannot be brought up to date, or cannot be opened.
    #[error("{0}")]
    Database(String),
}

impl WiringError {
    fn setting(variable: &'static str, problem: &impl ToString) -> Self {
        Self::Setting { variable, problem: problem.to_string() }
    }

    /// A database that has to be migrated before it can be used.
    fn not_migrated(error: &impl Display) -> Self {
        Self::Database(format!("{error}; `oms migrate` puts that right"))
    }
}

impl From<infra_sqlite::MigrateError> for WiringError {
    fn from(error: infra_sqlite::MigrateError) -> Self {
        Self::Database(error.to_string())
    }
}

impl From<infra_sqlite::OpenError> for WiringError {
    fn from(error: infra_sqlite::OpenError) -> Self {
        use infra_sqlite::{
            OpenError::{Missing, Schema},
            SchemaError,
        };
        match error {
            Missing | Schema(SchemaError::Behind { .. }) => Self::not_migrated(&error),
            error => Self::Database(error.to_string()),
        }
    }
}

impl From<infra_postgres::MigrateError> for WiringError {
    fn from(error: infra_postgres::MigrateError) -> Self {
        match error {
            infra_postgres::MigrateError::Url(error) => Self::setting("DATABASE_URL", &error),
            error => Self::Database(error.to_string()),
        }
    }
}

impl From<infra_postgres::OpenError> for WiringError {
    fn from(error: infra_postgres::OpenError) -> Self {
        use infra_postgres::{OpenError, SchemaError};
        match error {
            OpenError::Url(error) => Self::setting("DATABASE_URL", &error),
            OpenError::Schema(SchemaError::Behind { .. }) => Self::not_migrated(&error),
            error => Self::Database(error.to_string()),
        }
    }
}

/// Makes the data directory if something is to be kept there, and brings the database up to date, which
/// makes it if it is SQLite and there is none. Returns the names of the migrations that were applied.
///
/// # Errors
/// [`WiringError`]; a migration that fails leaves no trace.
pub(crate) async fn prepare(config: &Config) -> Result<Vec<String>, WiringError> {
    prepare_data_dir(config)?;
    migrate(&config.store).await
}

/// Does so for a start, which may be told to leave the database as it is, and logs what it did.
///
/// # Errors
/// [`WiringError`]; a migration that fails leaves no trace.
pub(crate) async fn prepare_start(config: &Config) -> Result<(), WiringError> {
    prepare_data_dir(config)?;
    if config.migrate_on_start {
        for name in migrate(&config.store).await? {
            tracing::info!(migration = name, "applied a migration");
        }
    }
    Ok(())
}

fn prepare_data_dir(config: &Config) -> Result<(), WiringError> {
    let kept_there = |file: &Path| file.starts_with(&config.data_dir);
    let secret_there = match &config.security.secret {
        SecretConfig::Kept(file) => kept_there(file),
        SecretConfig::Given(_) => false,
    };
    let store_there = match &config.store {
        StoreConfig::Sqlite { path } => kept_there(path),
        StoreConfig::Postgres(_) => false,
    };
    if secret_there || store_there {
        create_data_dir(&config.data_dir)?;
    }
    Ok(())
}

/// Brings a database up to date. Returns the names of the migrations that were applied.
///
/// # Errors
/// [`WiringError`]; a migration that fails leaves no trace.
pub(crate) async fn migrate(store: &StoreConfig) -> Result<Vec<String>, WiringError> {
    Ok(match store {
        StoreConfig::Sqlite { path } => infra_sqlite::migrate(path)?,
        StoreConfig::Postgres(postgres) => infra_postgres::migrate(postgres.url.expose()).await?,
    })
}

/// Puts everything together, as configured.
///
/// # Errors
/// [`WiringError`] if something is not there.
pub(crate) async fn wire(config: &Config) -> Result<Wired, WiringError> {
    let bcrypt_cost = config.security.bcrypt_cost;
    wire_with(config, Parts { clock: Arc::new(SystemClock), bcrypt_cost }).await
}

/// Puts everything together with some parts of the caller's.
///
/// # Errors
/// [`WiringError`] if something is not there.
pub(crate) async fn wire_with(config: &Config, parts: Parts) -> Result<Wired, WiringError> {
    let Parts { clock, bcrypt_cost } = parts;
    let security = &config.security;
    let secret = security.secret.load()?;
    let smtp = config.mail.as_ref().map(smtp).transpose()?;
    let database = open(&config.store).await?;
    let redis = match &config.redis {
        Some(redis) => Some(connect(redis).await?),
        None => None,
    };
    let products = CachedProducts::new(database.clone(), cache(database.as_ref(), redis.as_ref()));
    let tokens = JwtTokens::new(secret.expose(), security.algorithm);
    let account_ports = AccountPorts {
        accounts: database.clone(),
        sessions: database.clone(),
        hasher: Arc::new(BcryptHasher::new(bcrypt_cost, hashing_threads())),
        tokens: Arc::new(tokens),
        secrets: Arc::new(OsSecrets::new(secret.expose())),
        clock: Arc::clone(&clock),
    };
    let services = Services {
        accounts: AccountService::new(account_ports, security.lifetimes, security.rotation),
        products: ProductService::new(products.clone(), database.clone(), Arc::clone(&clock)),
        orders: OrderService::new(database.clone(), Arc::clone(&clock), config.currency)
            .with_cached_products(products),
        limiter: limiter(config, redis.as_ref()),
        changes: Changes::here(),
    };
    let mailer: Arc<dyn Mailer> = match &smtp {
        Some(smtp) => smtp.clone(),
        None => Arc::new(LogMailer),
    };
    let mut handlers: Vec<Arc<dyn MessageHandler>> = vec![
        Arc::new(EventLog),
        Arc::new(MailNotifier::new(database.clone(), database.clone(), mailer)),
    ];
    if let (Some(redis), Some(config)) = (&redis, &config.redis) {
        handlers.push(Arc::new(RedisEventStream::new(redis, config.stream_length)));
    }
    let traced = config.tracing.is_some();
    let measured = |handler| -> Arc<dyn MessageHandler> { Arc::new(MeasuredHandler::new(handler)) };
    let seen = |handler| -> Arc<dyn MessageHandler> {
        if traced { Arc::new(TracedHandler(handler)) } else { handler }
    };
    let handlers = handlers.into_iter().map(measured).map(seen).collect();
    let mut dependencies: Vec<Arc<dyn Dependency>> = vec![database.clone()];
    if let Some(redis) = &redis {
        dependencies.push(Arc::new(redis.clone()));
    }
    Ok(Wired {
        services,
        outbox: database.clone(),
        handlers,
        dependencies,
        clock,
        database,
        redis,
        smtp,
    })
}

/// A database that is open: every port that a store implements, on one handle.
#[async_trait]
pub(crate) trait Backend:
    AccountStore
    + SessionStore
    + ProductStore
    + OrderStore
    + OutboxStore
    + Dependency
    + Auditor
    + ArchiveSource
    + ArchiveTarget
{
    /// Whether other processes may change what is in it.
    fn is_shared(&self) -> bool;

    /// Shows how its connections are used now, through the `metrics` facade.
    fn show_pools(&self);

    /// Writes what is queued and closes it. Calls after that fail.
    async fn close(&self);
}

#[async_trait]
impl Backend for SqliteStore {
    fn is_shared(&self) -> bool {
        false
    }

    fn show_pools(&self) {
        self.show_pools();
    }

    async fn close(&self) {
        self.close().await;
    }
}

#[async_trait]
impl Backend for PostgresStore {
    fn is_shared(&self) -> bool {
        true
    }

    fn show_pools(&self) {
        self.show_pools();
    }

    async fn close(&self) {
        self.close().await;
    }
}

/// Opens a database whose schema is the one that this program knows.
///
/// # Errors
/// [`WiringError`] if it cannot be opened.
pub(crate) async fn open(config: &StoreConfig) -> Result<Arc<dyn Backend>, WiringError> {
    Ok(match config {
        StoreConfig::Sqlite { path } => {
            Arc::new(SqliteStore::open(path, SqliteOptions::default())?)
        }
        StoreConfig::Postgres(postgres) => {
            let options = PostgresOptions {
                connections: postgres.connections,
                replica_url: postgres.replica.as_ref().map(|url| url.expose().to_owned()),
                ..PostgresOptions::default()
            };
            Arc::new(PostgresStore::open(postgres.url.expose(), options).await?)
        }
    })
}

async fn connect(config: &RedisConfig) -> Result<Redis, WiringError> {
    let failed = |error: &dyn std::error::Error| {
        WiringError::setting("REDIS_URL", &format_args!("cannot be used: {}", with_causes(error)))
    };
    let url: RedisUrl = config.url.expose().parse().map_err(|error| failed(&error))?;
    let options = RedisOptions { prefix: config.prefix.clone(), ..RedisOptions::default() };
    Redis::connect(&url, options).await.map_err(|error| failed(&error))
}

/// How long products are kept where other processes may change them without a word: a reader is never more than a second
/// behind.
const UNSHARED_TIME_TO_LIVE: Duration = Duration::from_millis(800);

/// In this process, in front of Redis where there is one.
fn cache(database: &dyn Backend, redis: Option<&Redis>) -> Arc<dyn ProductCache> {
    let mut options = LocalCacheOptions::default();
    if redis.is_some() {
        options.time_to_live = RedisProductCache::NEAR_TIME_TO_LIVE;
    } else if database.is_shared() {
        options.time_to_live = UNSHARED_TIME_TO_LIVE;
    }
    let near = Arc::new(LocalProductCache::new(options));
    match redis {
        None => near,
        Some(redis) => Arc::new(RedisProductCache::new(redis, near)),
    }
}

/// In Redis where there is one; in this process otherwise, and while it is away.
fn limiter(config: &Config, redis: Option<&Redis>) -> Arc<dyn RateLimiter> {
    let (login, register) = (config.limits.login, config.limits.register);
    let local = Arc::new(LocalRateLimiter::new(login, register));
    match redis {
        None => local,
        Some(redis) => Arc::new(RedisRateLimiter::new(redis, login, register, local)),
    }
}

fn smtp(config: &MailConfig) -> Result<Arc<SmtpMailer>, WiringError> {
    let settings = SmtpSettings {
        url: config.url.expose().to_owned(),
        from: config.from.clone(),
        timeout: SmtpSettings::DEFAULT_TIMEOUT,
    };
    let mailer = SmtpMailer::new(&settings).map_err(|error| match error {
        SmtpSettingsError::From => WiringError::setting("MAIL_FROM", &error),
        error => WiringError::setting("SMTP_URL", &error),
    })?;
    Ok(Arc::new(mailer))
}

/// How many passwords are hashed at once: all cores but one, which is left to all other requests.
fn hashing_threads() -> NonZeroUsize {
    thread::available_parallelism()
        .ok()
        .and_then(|cores| NonZeroUsize::new(cores.get() - 1))
        .unwrap_or(NonZeroUsize::MIN)
}
