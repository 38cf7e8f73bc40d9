//! The Redis keys.
//!
//! Each key starts with the prefix in braces. In a Redis Cluster that is the hash tag, so that all
//! keys of one prefix are in one hash slot and a script may use them together.

use std::fmt::{self, Write};

use domain::{
    PageStart, ProductId,
    product::port::ProductQuery,
    rate_limit::{LimitedAction, RateLimitSubject, SubjectHash, client_network_bytes},
};
use sha2::{Digest, Sha256};

use crate::options::KeyPrefix;

/// Entries that are invalidated together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum InvalidationGroup {
    /// The products whose ids have this remainder, modulo [`Self::PRODUCT_GROUPS`].
    Products(u64),
    Pages,
}

impl InvalidationGroup {
    /// How many groups the products share.
    pub(crate) const PRODUCT_GROUPS: u64 = 1_024;

    /// The group of a product. Consecutive ids are in different groups.
    pub(crate) const fn of(id: ProductId) -> Self {
        Self::Products(id.get().unsigned_abs() % Self::PRODUCT_GROUPS)
    }
}

impl fmt::Display for InvalidationGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Products(number) => number.fmt(f),
            Self::Pages => f.write_str("pages"),
        }
    }
}

/// The keys under one prefix.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    hash_tag: String,
}

impl Keys {
    pub(crate) fn new(prefix: &KeyPrefix) -> Self {
        Self { hash_tag: format!("{{{prefix}}}") }
    }

    /// Holds the namespace. An entry that carries another namespace is invalid.
    pub(crate) fn namespace(&self) -> String {
        format!("{}:cache:namespace", self.hash_tag)
    }

    /// Holds the generation of a group. An entry of the group that carries another one is invalid.
    pub(crate) fn generation(&self, group: InvalidationGroup) -> String {
        format!("{}:cache:generation:{group}", self.hash_tag)
    }

    /// Exists while no entry of the group may be served or stored.
    pub(crate) fn blocked(&self, group: InvalidationGroup) -> String {
        format!("{}:cache:blocked:{group}", self.hash_tag)
    }

    pub(crate) fn product(&self, id: ProductId) -> String {
        format!("{}:cache:product:{id}", self.hash_tag)
    }

    /// Holds a page of products. Two queries never share a key: it contains a SHA-256 hash of the
    /// whole query, whose only part of variable length, the search, comes last.
    pub(crate) fn page(&self, query: &ProductQuery) -> String {
        let ProductQuery { search, page } = query;
        let (kind, start) = match page.start {
            PageStart::Number(number) => (b'n', number.get()),
            PageStart::After(cursor) => (b'a', cursor.id()),
        };
        let mut hash = Sha256::new();
        hash.update([kind, u8::from(search.is_some())]);
        hash.update(start.to_be_bytes());
        hash.update(page.limit.get().to_be_bytes());
        hash.update(search.as_ref().map_or("", |term| term.folded()));
        let mut key = format!("{}:cache:page:", self.hash_tag);
        for byte in hash.finalize() {
            // Writing to a string cannot fail.
            let _infallible = write!(key, "{byte:02x}");
        }
        key
    }

    /// Counts the attempts of a subject at an action. Of a client it holds the keyed hash of the
    /// network, which `hash_client` computes.
    pub(crate) fn attempts(
        &self,
        action: LimitedAction,
        subject: RateLimitSubject,
        hash_client: impl FnOnce(&[u8]) -> [u8; 32],
    ) -> String {
        let prefix = format!("{}:limit:{}", self.hash_tag, action.as_str());
        match subject {
            RateLimitSubject::Client(address) => {
                let hash = SubjectHash::from_bytes(hash_client(&client_network_bytes(address)));
                format!("{prefix}:client:{hash}")
            }
            RateLimitSubject::Account(id) => format!("{prefix}:account:{id}"),
            RateLimitSubject::Login(hash) => format!("{prefix}:login:{hash}"),
            RateLimitSubject::Mailbox(hash) => format!("{prefix}:mailbox:{hash}"),
        }
    }

    pub(crate) fn events(&self) -> String {
        format!("{}:events", self.hash_tag)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use domain::{Cursor, PageLimit, PageNumber, PageRequest, SearchTerm, UserId};

    use super::*;

    #[test]
    fn every_key_starts_with_the_prefix_as_a_hash_tag() {
        let keys = Keys::new(&"shop".parse().unwrap());
        assert_eq!(keys.events(), "{shop}:events");
        assert_eq!(keys.product(ProductId::new(-7)), "{shop}:cache:product:-7");
        let key = |action, subject| {
            keys.attempts(action, subject, |network| {
                assert_eq!(network.len(), 4, "the bytes of the address");
                [0xab; 32]
            })
        };
        let account = RateLimitSubject::Account(UserId::new(7));
        let expected = "{shop}:limit:place_order:account:7";
        assert_eq!(key(LimitedAction::PlaceOrder, account), expected);
        let client = RateLimitSubject::Client("192.0.2.1".parse().unwrap());
        let expected = format!("{{shop}}:limit:login:client:{}", "ab".repeat(32));
        assert_eq!(key(LimitedAction::Login, client), expected);
    }

    #[test]
    fn different_queries_have_different_keys() {
        let keys = Keys::new(&KeyPrefix::default());
        let searches = ["", "1", "n", "a", "a:1", "я", "1 1"];
        let mut page_keys = HashSet::new();
        for search in searches {
            for limit in [1, 10, 100] {
                let limit = PageLimit::new(limit).unwrap();
                for at in [1, 10, 49] {
                    let number = PageNumber::new(at).unwrap();
                    for page in [
                        PageRequest::number(number, limit),
                        PageRequest::after(Cursor::after(at), limit),
                        PageRequest::after(Cursor::after(-at), limit),
                    ] {
                        let search = SearchTerm::parse(search).unwrap();
                        assert!(page_keys.insert(keys.page(&ProductQuery { search, page })));
                    }
                }
            }
        }
        assert_eq!(page_keys.len(), searches.len() * 27);
    }
}
