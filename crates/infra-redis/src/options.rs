//! What can be set about the way to Redis.

use std::{fmt, str::FromStr, time::Duration};

/// What everything of ours in a Redis starts with, so that several shops can share one: letters, digits,
/// `-`, `_`, `.` and `:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPrefix(String);

/// A text that cannot stand before keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {max} letters, digits, -, _, . or :", max = KeyPrefix::MAX_BYTES)]
pub struct NotAKeyPrefix;

impl KeyPrefix {
    /// The longest prefix: it stands in every key.
    pub const MAX_BYTES: usize = 64;

    /// The prefix itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for KeyPrefix {
    fn default() -> Self {
        Self("oms".to_owned())
    }
}

impl FromStr for KeyPrefix {
    type Err = NotAKeyPrefix;

    fn from_str(raw: &str) -> Result<Self, NotAKeyPrefix> {
        let fits = (1..=Self::MAX_BYTES).contains(&raw.len())
            && raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
        if fits { Ok(Self(raw.to_owned())) } else { Err(NotAKeyPrefix) }
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How to use a Redis. The default is meant for one in the same network.
#[derive(Debug, Clone)]
pub struct RedisOptions {
    /// What all keys start with.
    pub prefix: KeyPrefix,
    /// The longest that making a connection may take.
    pub connect_timeout: Duration,
    /// The longest that an answer may take.
    pub command_timeout: Duration,
    /// How long to wait before another try to connect, while Redis is away.
    pub retry_interval: Duration,
    /// How long Redis has to be there again before an outage counts as over in the log: one that comes back
    /// within that time is still the same.
    pub stable_after: Duration,
    /// Certificates in PEM that are trusted instead of the system's, for `rediss://`.
    pub root_certificates: Option<Vec<u8>>,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            prefix: KeyPrefix::default(),
            connect_timeout: Duration::from_millis(250),
            command_timeout: Duration::from_millis(100),
            retry_interval: Duration::from_millis(100),
            stable_after: Duration::from_secs(10),
            root_certificates: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_short_plain_word() {
        for prefix in ["oms", "shop-2", "a", "acme:oms.v1_x"] {
            assert_eq!(prefix.parse::<KeyPrefix>().unwrap().as_str(), prefix);
        }
        for none in ["", "{oms}", "a b", "a*", "ü", "a\n", &"x".repeat(65)] {
            assert_eq!(none.parse::<KeyPrefix>(), Err(NotAKeyPrefix), "{none:?}");
        }
    }
}
