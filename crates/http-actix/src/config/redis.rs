//! `REDIS_URL`, `REDIS_PREFIX`, `EVENT_STREAM_LENGTH`: the cache, the rate limits and the event
//! stream that replicas share.

use super::{ConfigError, Env, SecretUrl};
use crate::adapters::{KeyPrefix, RedisUrl};

/// A Redis server, the prefix of its Redis keys, and the length of the event stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RedisConfig {
    pub(crate) url: SecretUrl,
    /// The prefix of all Redis keys. Shops that share a Redis server have different prefixes.
    pub(crate) prefix: KeyPrefix,
    /// About how many events the stream keeps.
    pub(crate) stream_length: u64,
}

impl RedisConfig {
    /// Reads the variables. `None` without `REDIS_URL`: then cache and rate limits are local to
    /// this process, and there is no stream.
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
