//! The options of the connection to Redis.

use std::{fmt, str::FromStr, time::Duration};

/// The prefix of all Redis keys, so that several shops can share a Redis: letters, digits, `-`,
/// `_`, `.` and `:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPrefix(String);

/// The error for a text that is not a valid key prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {max} letters, digits, -, _, . or :", max = KeyPrefix::MAX_BYTES)]
pub struct InvalidKeyPrefix;

impl KeyPrefix {
    /// The longest prefix, in bytes. Every key contains it.
    pub const MAX_BYTES: usize = 64;

    /// The prefix as text.
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
    type Err = InvalidKeyPrefix;

    fn from_str(raw: &str) -> Result<Self, InvalidKeyPrefix> {
        let is_valid = (1..=Self::MAX_BYTES).contains(&raw.len())
            && raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
        if is_valid { Ok(Self(raw.to_owned())) } else { Err(InvalidKeyPrefix) }
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Options of the connection to Redis. The defaults suit a Redis in the same network.
#[derive(Debug, Clone)]
pub struct RedisOptions {
    /// The prefix of all keys.
    pub prefix: KeyPrefix,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a reply may take.
    pub command_timeout: Duration,
    /// The pause between two attempts to connect.
    pub retry_interval: Duration,
    /// How long Redis must be available before the log reports the end of an outage. A failure
    /// within that time belongs to the same outage.
    pub stable_after: Duration,
    /// PEM certificates that are trusted instead of the system's, for `rediss://`.
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
    fn a_prefix_has_up_to_64_letters_digits_and_separators() {
        for prefix in ["oms", "shop-2", "a", "acme:oms.v1_x"] {
            assert_eq!(prefix.parse::<KeyPrefix>().unwrap().as_str(), prefix);
        }
        for invalid in ["", "{oms}", "a b", "a*", "ü", "a\n", &"x".repeat(65)] {
            assert_eq!(invalid.parse::<KeyPrefix>(), Err(InvalidKeyPrefix), "{invalid:?}");
        }
    }
}
