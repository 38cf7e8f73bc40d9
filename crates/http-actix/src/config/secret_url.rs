//! URLs with a password in them.

use std::fmt;

/// A URL that may hold a password. Neither shown nor logged.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretUrl(String);

impl SecretUrl {
    pub(crate) fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The whole of it, for whoever connects.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Where it points to, for people: hosts, ports and path, without scheme, user, password and parameters.
    pub(crate) fn place(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_scheme, rest)| rest);
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        // A password may hold an @ itself.
        rest.rsplit_once('@').map_or(rest, |(_secret, place)| place)
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({})", self.place())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_without_any_secret() {
        let places = [
            ("postgres://ann:hunter2@db:5432/shop?sslmode=require", "db:5432/shop"),
            ("postgres://ann:hunt@er2@db1,db2/shop", "db1,db2/shop"),
            ("redis://:hunter2@cache/1", "cache/1"),
            ("smtps://mail.example.com", "mail.example.com"),
            ("postgres:///shop?user=ann&password=hunter2", "/shop"),
            ("hunter2", ""),
        ];
        for (url, place) in places {
            assert_eq!(SecretUrl::new(url).place(), place);
            assert!(!format!("{:?}", SecretUrl::new(url)).contains("hunt"), "{url}");
        }
    }
}
