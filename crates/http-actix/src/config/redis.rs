//! `REDIS_URL`, `REDIS_PREFIX`, `EVENT_STREAM_LENGTH`: what replicas share beside the database.

use super::{ConfigError, Env, SecretUrl};
use crate::adapters::{KeyPrefix, RedisUrl};

/// A Redis server, and what is kept there under which names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RedisConfig {
    pub(crate) url: SecretUrl,
    /// What the names of all keys start with. Shops that share a server have different ones.
    pub(crate) prefix: KeyPrefix,
    /// About how many events the stream for other services keeps.
    pub(crate) stream_length: u64,
}

impl RedisConfig {
    /// Reads the variables. `None` without a URL: then everything is in this process.
    pub(super) fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let prefix = env.parse_with("REDIS_PREFIX", str::parse)?.unwrap_or_default();
        let stream_length =
            env.number("EVENT_STREAM_LENGTH", &(1..=1_000_000_000), &100_000)?.unwrap_or(100_000);
        let Some(url) = env.text("REDIS_URL")? else { return Ok(None) };
        // The value may hold a password: no error quotes it.
        if let Err(error) = url.parse::<RedisUrl>() {
            return Err(ConfigError::new("REDIS_URL", error.to_string()));
        }
        Ok(Some(Self { url: SecretUrl::new(url), prefix, stream_length }))
    }
}
