//! `REDIS_URL`, `REDIS_PREFIX`, `EVENT_STREAM_LENGTH`: what replicas share beside the database.

use super::{ConfigError, Env, SecretUrl};

/// A Redis server, and what is kept there under which names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RedisConfig {
    /// Where it is.
    pub(crate) url: SecretUrl,
    /// What the names of all keys and channels start with. Shops that share a server have different ones.
    pub(crate) prefix: String,
    /// About how many events the stream for other services keeps.
    pub(crate) stream_length: u64,
}

impl RedisConfig {
    /// Reads the variables. `None` without a URL: then everything is in this process.
    pub(super) fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let prefix = env.parse_with("REDIS_PREFIX", prefix)?;
        let stream_length =
            env.number("EVENT_STREAM_LENGTH", &(1..=1_000_000_000), &100_000)?.unwrap_or(100_000);
        let Some(url) = env.text("REDIS_URL")? else { return Ok(None) };
        if !url.starts_with("redis://") && !url.starts_with("rediss://") {
            let problem = "must be the URL of a Redis server, such as redis://127.0.0.1:6379";
            return Err(ConfigError::new("REDIS_URL", problem));
        }
        let prefix = prefix.unwrap_or_else(|| "oms".to_owned());
        Ok(Some(Self { url: SecretUrl::new(url), prefix, stream_length }))
    }
}

fn prefix(raw: &str) -> Result<String, &'static str> {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    if raw.len() <= 100 && raw.bytes().all(sign) {
        Ok(raw.to_owned())
    } else {
        Err("must be at most 100 letters, digits, dots, colons, dashes and underscores")
    }
}
