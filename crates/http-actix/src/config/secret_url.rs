//! URLs that may contain a password.

use std::fmt;

/// A URL that may contain a password. Only its redacted form is displayed and logged.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretUrl(String);

impl SecretUrl {
    pub(crate) fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The whole URL, for connecting.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Hosts, ports and path, without scheme, user, password and parameters.
    pub(crate) fn redacted(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_scheme, rest)| rest);
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        // A password may contain an @ itself.
        rest.rsplit_once('@').map_or(rest, |(_secret, redacted)| redacted)
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({})", self.redacted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_url_contains_no_secret() {
        let urls = [
            ("postgres://ann:hunter2@db:5432/shop?sslmode=require", "db:5432/shop"),
            ("postgres://ann:hunt@er2@db1,db2/shop", "db1,db2/shop"),
            ("redis://:hunter2@cache/1", "cache/1"),
            ("smtps://mail.example.com", "mail.example.com"),
            ("postgres:///shop?user=ann&password=hunter2", "/shop"),
            ("hunter2", ""),
        ];
        for (url, redacted) in urls {
            assert_eq!(SecretUrl::new(url).redacted(), redacted);
            assert!(!format!("{:?}", SecretUrl::new(url)).contains("hunt"), "{url}");
        }
    }
}
