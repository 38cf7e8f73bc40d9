//! Where Redis is: reading its URL.

use std::{fmt, str::FromStr};

use deadpool_redis::redis::{ConnectionInfo, IntoConnectionInfo, RedisError};

/// Where Redis is, and as whom to sign in there: `redis://user:password@host:6379/0`, or `rediss://` for
/// TLS. User, password, port (6379) and the number of the database (0) may be absent.
#[derive(Clone)]
pub struct RedisUrl(ConnectionInfo);

/// Why a text is no URL of a Redis. Never says the text itself: a password may be in it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RedisUrlError {
    /// Another kind of address.
    #[error("must start with redis:// or rediss://")]
    UnknownScheme,
    /// Not a URL at all, or one with a port that is none.
    #[error("must be a URL such as redis://user:password@host:6379/0")]
    NotAUrl,
    /// It names no host.
    #[error("must name a host")]
    NoHost,
    /// What comes after the host is not the number of a database.
    #[error("must end after the host, or with the number of a database, such as /0")]
    NotADatabase,
    /// A part behind `#`. Some programs read one as "trust any certificate"; this one does not.
    #[error("must have no part behind a #")]
    Fragment,
    /// The client library does not take it.
    #[error("cannot be used: {}", .0.category())]
    Unusable(#[source] RedisError),
}

impl RedisUrl {
    pub(crate) fn connection_info(&self) -> &ConnectionInfo {
        &self.0
    }

    /// Whether what is said to the server is encrypted.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.0.addr(), deadpool_redis::redis::ConnectionAddr::TcpTls { .. })
    }
}

impl FromStr for RedisUrl {
    type Err = RedisUrlError;

    fn from_str(raw: &str) -> Result<Self, RedisUrlError> {
        if !(raw.starts_with("redis://") || raw.starts_with("rediss://")) {
            return Err(RedisUrlError::UnknownScheme);
        }
        let url = deadpool_redis::redis::parse_redis_url(raw).ok_or(RedisUrlError::NotAUrl)?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err(RedisUrlError::NoHost);
        }
        let database = url.path().trim_matches('/');
        if !database.is_empty() && database.parse::<u32>().is_err() {
            return Err(RedisUrlError::NotADatabase);
        }
        if url.fragment().is_some() {
            return Err(RedisUrlError::Fragment);
        }
        url.into_connection_info().map(Self).map_err(RedisUrlError::Unusable)
    }
}

impl fmt::Display for RedisUrl {
    /// Host and port alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.addr().fmt(f)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(raw: &str) -> String {
        raw.parse::<RedisUrl>().expect_err(raw).to_string()
    }

    #[test]
    fn a_url_names_host_port_database_and_who_signs_in() {
        let url: RedisUrl = "redis://ada:p%40ss@cache.example:6380/3".parse().unwrap();
        let settings = url.connection_info().redis_settings();
        assert_eq!(url.to_string(), "cache.example:6380");
        assert_eq!(settings.db(), 3);
        assert_eq!((settings.username(), settings.password()), (Some("ada"), Some("p@ss")));
        assert!(!url.is_encrypted());
    }

    #[test]
    fn all_but_the_host_may_be_absent() {
        for raw in ["redis://127.0.0.1", "redis://127.0.0.1/", "redis://127.0.0.1:6379/0"] {
            let url: RedisUrl = raw.parse().unwrap();
            assert_eq!(url.to_string(), "127.0.0.1:6379");
            assert_eq!(url.connection_info().redis_settings().db(), 0);
        }
        let secret: RedisUrl = "redis://:secret@[::1]".parse().unwrap();
        assert_eq!(secret.connection_info().redis_settings().password(), Some("secret"));
    }

    #[test]
    fn a_second_s_stands_for_encryption() {
        assert!("rediss://cache.example".parse::<RedisUrl>().unwrap().is_encrypted());
    }

    #[test]
    fn what_is_wrong_is_told_without_the_password() {
        let wrong = [
            ("secret", "redis://"),
            ("http://:secret@host", "redis://"),
            ("unix:///run/secret", "redis://"),
            ("redis://:secret@host:port", "URL"),
            ("redis://:secret@", "URL"),
            ("redis://", "host"),
            ("redis:///0", "host"),
            ("redis://:secret@host/secret", "database"),
            ("redis://:secret@host/-1", "database"),
            ("rediss://:secret@host/0#insecure", "#"),
            ("redis://:secret@0.0.0.0", "cannot be used"),
            ("redis://:secret@host?protocol=secret", "cannot be used"),
        ];
        for (raw, about) in wrong {
            let said = error(raw);
            assert!(said.contains(about), "{raw}: {said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn a_url_in_a_log_does_not_show_the_password() {
        let url: RedisUrl = "redis://ada:secret@host".parse().unwrap();
        for shown in [format!("{url}"), format!("{url:?}")] {
            assert!(shown.contains("host:6379"), "{shown}");
            assert!(!shown.contains("secret"), "{shown}");
        }
    }
}
