//! How everything of ours in Redis is called.
//!
//! Each name starts with the prefix in braces. On a cluster that is the hash tag, so that all keys of one
//! shop lie in one slot and a script may use them together.

use std::{
    fmt::{self, Write},
    net::IpAddr,
};

use domain::{PageStart, ProductId, product::port::ProductQuery, rate_limit::LimitedAction};
use sha2::{Digest, Sha256};

use crate::options::KeyPrefix;

/// What is invalidated together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stripe {
    /// Some of the products: those whose ids have the same remainder.
    Products(u64),
    Pages,
}

impl Stripe {
    /// How many stripes the products share.
    pub(crate) const PRODUCTS: u64 = 1_024;

    /// The stripe of a product. Neighbours have different ones.
    pub(crate) const fn of(id: ProductId) -> Self {
        Self::Products(id.get().unsigned_abs() % Self::PRODUCTS)
    }
}

impl fmt::Display for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Products(number) => number.fmt(f),
            Self::Pages => f.write_str("pages"),
        }
    }
}

/// The names under one prefix.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    tag: String,
}

impl Keys {
    pub(crate) fn new(prefix: &KeyPrefix) -> Self {
        Self { tag: format!("{{{prefix}}}") }
    }

    /// The number under which every cached value is void that carries another.
    pub(crate) fn namespace(&self) -> String {
        format!("{}:cache:namespace", self.tag)
    }

    /// The number under which the values of a stripe are void that carry another.
    pub(crate) fn generation(&self, stripe: Stripe) -> String {
        format!("{}:cache:generation:{stripe}", self.tag)
    }

    /// Is there while nothing of a stripe is to be served or kept.
    pub(crate) fn blocked(&self, stripe: Stripe) -> String {
        format!("{}:cache:blocked:{stripe}", self.tag)
    }

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

    pub(crate) fn attempts(&self, action: LimitedAction, client: IpAddr) -> String {
        let action = match action {
            LimitedAction::Login => "login",
            LimitedAction::Register => "register",
        };
        format!("{}:limit:{action}:{client}", self.tag)
    }

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
