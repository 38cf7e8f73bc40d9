//! The URL of Redis.

use std::{fmt, str::FromStr};

use deadpool_redis::redis::{ConnectionInfo, IntoConnectionInfo, RedisError};

/// The address of Redis and the credentials: `redis://user:password@host:6379/0`, or `rediss://`
/// for TLS. User, password, port (6379) and database number (0) are optional.
#[derive(Clone)]
pub struct RedisUrl(ConnectionInfo);

/// Why a text is not a valid URL of Redis. Never quotes the text, which may contain a password.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RedisUrlError {
    /// The scheme is not one of Redis.
    #[error("must start with redis:// or rediss://")]
    UnknownScheme,
    /// The text is not a URL, or its port is invalid.
    #[error("must be a URL such as redis://user:password@host:6379/0")]
    NotAUrl,
    /// The URL has no host.
    #[error("must name a host")]
    NoHost,
    /// The path is not a database number.
    #[error("must end after the host, or with the number of a database, such as /0")]
    NotADatabase,
    /// The URL has a fragment (`#…`). Some programs interpret a fragment as "trust any
    /// certificate"; this one does not.
    #[error("must have no part behind a #")]
    Fragment,
    /// The URL has another parameter than `protocol`, which the client library would ignore.
    #[error("must have no parameter but protocol (?protocol=resp3)")]
    UnknownParameter,
    /// The URL has a user and no password, so the client would not log in. A password without its
    /// colon reads as a user.
    #[error(
        "must have a password where it has a user: redis://:password@host or redis://user:password@host"
    )]
    NoPassword,
    /// The client library does not accept the URL.
    #[error("cannot be used: {}", .0.category())]
    Unusable(#[source] RedisError),
}

impl RedisUrl {
    pub(crate) fn connection_info(&self) -> &ConnectionInfo {
        &self.0
    }

    /// Whether the connection uses TLS.
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
        if url.query_pairs().any(|(name, _value)| name != "protocol") {
            return Err(RedisUrlError::UnknownParameter);
        }
        if !url.username().is_empty() && url.password().is_none_or(str::is_empty) {
            return Err(RedisUrlError::NoPassword);
        }
        url.into_connection_info().map(Self).map_err(RedisUrlError::Unusable)
    }
}

impl fmt::Display for RedisUrl {
    /// Host and port only.
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
    fn a_url_has_host_port_database_and_credentials() {
        let url: RedisUrl = "redis://ada:p%40ss@cache.example:6380/3".parse().unwrap();
        let settings = url.connection_info().redis_settings();
        assert_eq!(url.to_string(), "cache.example:6380");
        assert_eq!(settings.db(), 3);
        assert_eq!((settings.username(), settings.password()), (Some("ada"), Some("p@ss")));
        assert!(!url.is_encrypted());
    }

    #[test]
    fn only_the_host_is_required() {
        for raw in ["redis://127.0.0.1", "redis://127.0.0.1/", "redis://127.0.0.1:6379/0"] {
            let url: RedisUrl = raw.parse().unwrap();
            assert_eq!(url.to_string(), "127.0.0.1:6379");
            assert_eq!(url.connection_info().redis_settings().db(), 0);
        }
        let secret: RedisUrl = "redis://:secret@[::1]".parse().unwrap();
        assert_eq!(secret.connection_info().redis_settings().password(), Some("secret"));
    }

    #[test]
    fn rediss_means_tls() {
        assert!("rediss://cache.example".parse::<RedisUrl>().unwrap().is_encrypted());
    }

    #[test]
    fn errors_do_not_show_the_password() {
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
            ("redis://:secret@host?db=3", "parameter"),
            ("redis://:secret@host/0?prtocol=resp3", "parameter"),
            ("redis://secret@host", "password"),
            ("redis://secret:@host", "password"),
            ("redis://:secret@0.0.0.0", "cannot be used"),
            ("redis://:secret@host?protocol=secret", "cannot be used"),
        ];
        for (raw, about) in wrong {
            let message = error(raw);
            assert!(message.contains(about), "{raw}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn display_and_debug_do_not_show_the_password() {
        let url: RedisUrl = "redis://ada:secret@host".parse().unwrap();
        for shown in [format!("{url}"), format!("{url:?}")] {
            assert!(shown.contains("host:6379"), "{shown}");
            assert!(!shown.contains("secret"), "{shown}");
        }
    }
}
