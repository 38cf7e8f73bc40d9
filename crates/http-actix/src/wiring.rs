//! Which adapter stands behind which port. The only file that knows them all.

use std::{num::NonZeroUsize, path::Path, sync::Arc, thread};

use domain::{
    Clock,
    account::service::{AccountPorts, AccountService},
    order::{port::OrderStore, service::OrderService},
    product::{CachedProducts, port::ProductStore, service::ProductService},
    rate_limit::RateLimiter,
};
/// Parts of adapters that the configuration and the commands name; they know them from here.
pub(crate) use infra_local::{BcryptCost, JwtAlgorithm, SystemClock};
use infra_local::{
    BcryptHasher, JwtTokens, LocalCacheOptions, LocalProductCache, LocalRateLimiter, OsSecrets,
    RunToEnd,
};
use infra_sqlite::{MigrateError, OpenError, SqliteOptions, SqliteStore};

use crate::config::{
    Config, DataDirError, SecretConfig, SecretFileError, StoreConfig, create_data_dir,
};

/// What handlers and commands call. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Services {
    /// The use cases around accounts.
    pub(crate) accounts: AccountService,
    /// The use cases around products.
    pub(crate) products: ProductService,
    /// The use cases around orders.
    pub(crate) orders: OrderService,
    /// Counts attempts.
    pub(crate) limiter: Arc<dyn RateLimiter>,
}

/// The services, and the store to be closed behind them.
pub(crate) struct Wired {
    /// What handlers and commands call.
    pub(crate) services: Services,
    store: Arc<SqliteStore>,
}

impl Wired {
    /// Writes what is queued and closes the store. Calls after that fail.
    pub(crate) async fn close(self) {
        self.store.close().await;
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
    /// The database cannot be brought up to date.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Makes the data directory if something is to be kept there, and brings the database up to date, which
/// makes it if there is none. Returns the names of the migrations that were applied.
///
/// # Errors
/// [`WiringError`]; a migration that fails leaves no trace.
pub(crate) fn prepare(config: &Config) -> Result<Vec<String>, WiringError> {
    let StoreConfig::Sqlite { path } = &config.store;
    let kept_there = |file: &Path| file.starts_with(&config.data_dir);
    let secret_there = match &config.security.secret {
        SecretConfig::Kept(file) => kept_there(file),
        SecretConfig::Given(_) => false,
    };
    if secret_there || kept_there(path) {
        create_data_dir(&config.data_dir)?;
    }
    Ok(infra_sqlite::migrate(path)?)
}

/// Puts everything together, as configured.
///
/// # Errors
/// [`WiringError`] if something is not there.
pub(crate) fn wire(config: &Config) -> Result<Wired, WiringError> {
    let bcrypt_cost = config.security.bcrypt_cost;
    wire_with(config, Parts { clock: Arc::new(SystemClock), bcrypt_cost })
}

/// Puts everything together with some parts of the caller's.
///
/// # Errors
/// [`WiringError`] if something is not there.
pub(crate) fn wire_with(config: &Config, parts: Parts) -> Result<Wired, WiringError> {
    let Parts { clock, bcrypt_cost } = parts;
    let security = &config.security;
    let secret = security.secret.load()?;
    let StoreConfig::Sqlite { path } = &config.store;
    let store = Arc::new(SqliteStore::open(path, SqliteOptions::default())?);

    // From the outside in: a change runs to its end, is made known to the cache, is committed.
    let cache = Arc::new(LocalProductCache::new(LocalCacheOptions::default()));
    let cached = CachedProducts::new(Arc::clone(&store), cache);
    let stores = Arc::new(RunToEnd::new(Arc::new(cached)));
    let products: Arc<dyn ProductStore> = stores.clone();
    let orders: Arc<dyn OrderStore> = stores;

    let account_ports = AccountPorts {
        accounts: store.clone(),
        sessions: store.clone(),
        hasher: Arc::new(BcryptHasher::new(bcrypt_cost, hashing_threads())),
        tokens: Arc::new(JwtTokens::new(secret.expose(), security.algorithm)),
        secrets: Arc::new(OsSecrets),
        clock: Arc::clone(&clock),
    };
    let services = Services {
        accounts: AccountService::new(account_ports, security.lifetimes),
        products: ProductService::new(products, Arc::clone(&clock)),
        orders: OrderService::new(orders, clock, config.currency),
        limiter: Arc::new(LocalRateLimiter::new(config.limits.login, config.limits.register)),
    };
    Ok(Wired { services, store })
}

/// How many passwords are hashed at once: all cores but one, which is left to all other requests.
fn hashing_threads() -> NonZeroUsize {
    thread::available_parallelism()
        .ok()
        .and_then(|cores| NonZeroUsize::new(cores.get() - 1))
        .unwrap_or(NonZeroUsize::MIN)
}
