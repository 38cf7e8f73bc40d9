//! How everything of ours in Redis is called.
//!
//! Each name starts with the prefix in braces. On a cluster that is the hash tag, so that all keys of one
//! shop lie in one slot and a script may use them together.

use std::{fmt::Write, net::IpAddr};

use domain::{PageStart, ProductId, product::port::ProductQuery, rate_limit::LimitedAction};
use sha2::{Digest, Sha256};

use crate::options::KeyPrefix;

/// The names under one prefix.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    tag: String,
}

impl Keys {
    pub(crate) fn new(prefix: &KeyPrefix) -> Self {
        Self { tag: format!("{{{prefix}}}") }
    }

    /// The server that the content is known to belong to.
    pub(crate) fn server(&self) -> String {
        format!("{}:cache:server", self.tag)
    }

    /// The number under which every product and every lease is void that carries another.
    pub(crate) fn products_generation(&self) -> String {
        format!("{}:cache:products", self.tag)
    }

    /// The number under which every page is void that carries another.
    pub(crate) fn pages_generation(&self) -> String {
        format!("{}:cache:pages", self.tag)
    }

    /// A product, or the lease to put it there.
    pub(crate) fn product(&self, id: ProductId) -> String {
        format!("{}:cache:product:{id}", self.tag)
    }

    /// A page of products. Two queries never share a name: what differs is hashed with SHA-256, each part
    /// behind its length or of a fixed one.
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
        let mut name = format!("{}:cache:page:", self.tag);
        for byte in hash.finalize() {
            // Writing to a string cannot fail.
            let _infallible = write!(name, "{byte:02x}");
        }
        name
    }

    /// The channel on which it is told what the caches forget.
    pub(crate) fn invalidations(&self) -> String {
        format!("{}:cache:invalidations", self.tag)
    }

    /// The channel on which one subscription hears its own heartbeat.
    pub(crate) fn heartbeat(&self, subscription: u64) -> String {
        format!("{}:cache:heartbeat:{subscription}", self.tag)
    }

    /// The attempts of a client.
    pub(crate) fn attempts(&self, action: LimitedAction, client: IpAddr) -> String {
        let action = match action {
            LimitedAction::Login => "login",
            LimitedAction::Register => "register",
        };
        format!("{}:limit:{action}:{client}", self.tag)
    }

    /// The stream of events.
    pub(crate) fn events(&self) -> String {
        format!("{}:events", self.tag)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use domain::{Cursor, PageLimit, PageNumber, PageRequest, SearchTerm};

    use super::*;

    #[test]
    fn every_name_starts_with_the_prefix_as_a_hash_tag() {
        let keys = Keys::new(&"shop".parse().unwrap());
        assert_eq!(keys.events(), "{shop}:events");
        assert_eq!(keys.product(ProductId::new(-7)), "{shop}:cache:product:-7");
        let client = "2001:db8::".parse().unwrap();
        assert_eq!(keys.attempts(LimitedAction::Login, client), "{shop}:limit:login:2001:db8::");
    }

    #[test]
    fn different_queries_have_different_names() {
        let keys = Keys::new(&KeyPrefix::default());
        let searches = ["", "1", "n", "a", "a:1", "ä", "1\u{1}"];
        let mut names = HashSet::new();
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
                        assert!(names.insert(keys.page(&ProductQuery { search, page })));
                    }
                }
            }
        }
        assert_eq!(names.len(), searches.len() * 27);
    }
}
