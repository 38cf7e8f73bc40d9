//! The use cases on their ports.

use std::{num::NonZeroUsize, sync::Arc, thread};

use domain::{
    Clock,
    account::{
        port::SecretSource,
        service::{AccountPorts, AccountService},
    },
    order::service::OrderService,
    product::{CachedProducts, service::ProductService},
};
use http_request::{DetachedTasks, Services};
use infra_local::{BcryptCost, BcryptHasher, JwtTokens, OsSecrets};
use infra_redis::Redis;

use super::{
    database::Backend,
    redis::{cache, limiter},
};
use crate::config::{Config, Secret};

/// What a command may want otherwise than a server.
pub(crate) struct Overrides {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) bcrypt_cost: BcryptCost,
}

/// The use cases on a database, with a cache in front of its products.
pub(super) fn services(
    config: &Config,
    overrides: Overrides,
    secret: &Secret,
    database: &Arc<dyn Backend>,
    redis: Option<&Redis>,
) -> Services {
    let Overrides { clock, bcrypt_cost } = overrides;
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
        accounts: AccountService::new(account_ports, security.lifetimes, security.rotation),
        products: ProductService::new(products.clone(), database.clone(), Arc::clone(&clock)),
        orders: OrderService::new(database.clone(), clock, config.currency)
            .with_cached_products(products)
            .with_rate_limiter(Arc::clone(&rate_limiter)),
        rate_limiter,
        detached: DetachedTasks::on_current_runtime(),
    }
}

/// How many passwords are hashed at once: all cores but one, which is left to all other requests.
fn hashing_threads() -> NonZeroUsize {
    thread::available_parallelism()
        .ok()
        .and_then(|cores| NonZeroUsize::new(cores.get() - 1))
        .unwrap_or(NonZeroUsize::MIN)
}
