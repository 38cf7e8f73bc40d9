//! The use cases on their ports.

use std::{num::NonZeroUsize, sync::Arc, thread};

use domain::{
    Clock, Currency,
    account::{
        VerifiedEmailPolicy,
        port::SecretSource,
        service::{AccountPorts, AccountService},
    },
    events::service::EventService,
    order::service::OrderService,
    product::{CachedProducts, service::ProductService},
};
use http_request::{DetachedTasks, Services};
use infra_local::{BcryptCost, BcryptHasher, JwtTokens, OsSecrets, SystemClock};
use infra_redis::Redis;

use super::{
    database::Backend,
    redis::{cache, limiter},
};
use crate::config::{Config, Secret};

/// The parts that `oms demo` replaces.
pub(crate) struct Overrides {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) bcrypt_cost: BcryptCost,
    /// What accounts need a confirmed address for.
    pub(crate) verified_email: VerifiedEmailPolicy,
}

impl Overrides {
    /// The parts that every other program has.
    pub(super) fn none(config: &Config) -> Self {
        Self {
            clock: Arc::new(SystemClock),
            bcrypt_cost: config.security.bcrypt_cost,
            verified_email: config.verified_email,
        }
    }
}

/// The use cases on a database and the currency of its shop, with a cache of its products.
pub(super) fn services(
    config: &Config,
    overrides: Overrides,
    secret: &Secret,
    (database, currency): (&Arc<dyn Backend>, Currency),
    redis: Option<&Redis>,
) -> Services {
    let Overrides { clock, bcrypt_cost, verified_email } = overrides;
    let security = &config.security;
    let cache = cache(database.as_ref(), redis);
    let products = CachedProducts::new(database.clone(), database.clone(), cache);
    let secrets: Arc<dyn SecretSource> = Arc::new(OsSecrets::new(secret.expose()));
    let rate_limiter = limiter(&config.limits, redis, &secrets);
    let account_ports = AccountPorts {
        accounts: database.clone(),
        sessions: database.clone(),
        hasher: Arc::new(BcryptHasher::new(bcrypt_cost, hashing_threads())),
        tokens: Arc::new(JwtTokens::new(secret.expose(), security.algorithm)),
        secrets,
        limiter: Arc::clone(&rate_limiter),
        clock: Arc::clone(&clock),
    };
    Services {
        accounts: AccountService::new(account_ports, security.lifetimes, security.rotation)
            .with_cached_products(products.clone())
            .with_confirmation(verified_email.confirmation(config.mail.is_some())),
        products: ProductService::new(products.clone(), database.clone(), Arc::clone(&clock)),
        orders: OrderService::new(database.clone(), clock, currency)
            .with_cached_products(products)
            .with_verified_email_policy(verified_email)
            .with_rate_limiter(Arc::clone(&rate_limiter)),
        events: EventService::new(database.clone()),
        rate_limiter,
        detached: DetachedTasks::on_current_runtime(),
    }
}

/// How many threads hash passwords: as many as there are cores, less one for all other requests.
fn hashing_threads() -> NonZeroUsize {
    thread::available_parallelism()
        .ok()
        .and_then(|cores| NonZeroUsize::new(cores.get() - 1))
        .unwrap_or(NonZeroUsize::MIN)
}
