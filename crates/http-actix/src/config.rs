//! The configuration: all environment variables, parsed and validated once at the start.
//!
//! There is one file per concern, which reads the variables from an [`Env`] and defines their
//! defaults. An invalid value stops the start with one line that names the variable. This module
//! writes no file.

mod connections;
mod cors;
mod env;
mod error;
mod first_admin;
mod limits;
mod listen;
mod logging;
mod mail;
mod names;
mod operators;
mod outbox;
mod proxies;
pub(crate) mod public_url;
mod redis;
mod secret;
pub(crate) mod secret_url;
mod security;
mod store;
pub(crate) mod tracing;
mod verified_email;

#[cfg(test)]
mod tests;

pub(crate) use connections::ConnectionsConfig;
pub(crate) use cors::AllowedOrigins;
pub(crate) use env::Env;
pub(crate) use error::ConfigError;
pub(crate) use first_admin::{FirstAdmin, password_from_env};
pub(crate) use listen::ListenConfig;
pub(crate) use logging::{LogConfig, LogFormat};
pub(crate) use mail::MailConfig;
pub(crate) use operators::{OperatorsConfig, OperatorsListenerConfig};
pub(crate) use outbox::OutboxConfig;
pub(crate) use redis::RedisConfig;
pub(crate) use secret::{Secret, SecretConfig, SecretFileError};
pub(crate) use secret_url::SecretUrl;
pub(crate) use security::SecurityConfig;
pub(crate) use store::{DataDirError, StoreConfig, create_data_dir};
pub(crate) use tracing::TracingConfig;

use std::path::PathBuf;

use domain::{Currency, account::VerifiedEmailPolicy, rate_limit::RateLimits};
use ipnet::IpNet;

#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: ListenConfig,
    pub(crate) connections: ConnectionsConfig,
    pub(crate) operators: OperatorsConfig,
    pub(crate) store: StoreConfig,
    /// Whether a start applies pending migrations, or leaves that to `oms migrate`.
    pub(crate) migrate_on_start: bool,
    pub(crate) redis: Option<RedisConfig>,
    pub(crate) outbox: OutboxConfig,
    pub(crate) mail: Option<MailConfig>,
    /// The base of links in mails. Without one, mails contain the bare token.
    pub(crate) public_url: Option<String>,
    /// What an account needs a confirmed address for.
    pub(crate) verified_email: VerifiedEmailPolicy,
    /// The directory of the embedded database and of the secret's file, unless they are configured
    /// elsewhere.
    pub(crate) data_dir: PathBuf,
    pub(crate) security: SecurityConfig,
    pub(crate) limits: RateLimits,
    pub(crate) cors: AllowedOrigins,
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// The currency that the shop must have; `None` accepts the one it has.
    pub(crate) currency: Option<Currency>,
    /// The admin to create if there is none.
    pub(crate) first_admin: Option<FirstAdmin>,
    pub(crate) logging: LogConfig,
    pub(crate) tracing: Option<TracingConfig>,
}

impl Config {
    pub(crate) fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let data_dir = store::data_dir(env)?;
        let listen = ListenConfig::from_env(env)?;
        let cors = AllowedOrigins::from_env(env, &listen)?;
        let mail = MailConfig::from_env(env)?;
        Ok(Self {
            operators: OperatorsConfig::from_env(env, &listen)?,
            listen,
            connections: ConnectionsConfig::from_env(env)?,
            migrate_on_start: env.on_or_off("MIGRATE_ON_START")?.unwrap_or(true),
            store: StoreConfig::from_env(env, &data_dir)?,
            redis: RedisConfig::from_env(env)?,
            outbox: OutboxConfig::from_env(env)?,
            verified_email: verified_email::from_env(env, mail.as_ref())?,
            mail,
            public_url: public_url::from_env(env)?,
            security: SecurityConfig::from_env(env, &data_dir)?,
            data_dir,
            limits: limits::from_env(env)?,
            cors,
            trusted_proxies: proxies::from_env(env)?,
            currency: env.parse_with("CURRENCY", Currency::parse)?,
            first_admin: FirstAdmin::from_env(env)?,
            logging: LogConfig::from_env(env)?,
            tracing: TracingConfig::from_env(env)?,
        })
    }
}
