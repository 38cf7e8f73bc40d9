//! The use cases on their ports.

use std::{num::NonZeroUsize, sync::Arc, thread};

use domain::{
    Clock,
    account::{
        VerifiedEmailPolicy,
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
    /// What accounts need a confirmed address for.
    pub(crate) verified_email: VerifiedEmailPolicy,
}

/// The use cases on a database, with a cache in front of its products.
pub(super) fn services(
    config: &Config,
    overrides: Overrides,
    secret: &Secret,
    database: &Arc<dyn Backend>,
    redis: Option<&Redis>,
) -> Services {
    let Overrides { clock, bcrypt_cost, verified_email } = overrides;
    let security = &config.security;
    let cache = cache(database.as_ref(), redis);
    let products = CachedProducts::new(database.clone(), database.clone(), cache);
    let account_ports = AccountPorts {
        accounts: database.clone(),
        sessions: database.clone(),
        hasher: Arc::new(BcryptHasher::new(bcrypt_cost, hashing_threads())),
        tokens: Arc::new(JwtTokens::new(secret.expose(), security.algorithm)),
        secrets: Arc::new(OsSecrets::new(secret.expose())),
        clock: Arc::clone(&clock),
    };
    Services {
        accounts: AccountService::new(account_ports, security.lifetimes, security.rotation)
            .with_confirmation(verified_email.confirmation(config.mail.is_some())),
        products: ProductService::new(products.clone(), database.clone(), Arc::clone(&clock)),
        orders: OrderService::new(database.clone(), clock, config.currency)
            .with_cached_products(products)
            .with_verified_email_policy(verified_email),
        rate_limiter: limiter(&config.limits, redis),
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
