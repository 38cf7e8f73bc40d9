//! Answers that were written out before, from the very same value.
//!
//! A cached product is the same value in memory for request after request. What was made of it is remembered here
//! together with the value, and handed out again for as long as that is the one to be presented: so nobody has to
//! say when something is out of date.

use std::{cell::RefCell, collections::HashMap, hash::Hash, sync::Arc};

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
    web::Bytes,
};
use domain::{
    Page, ProductId, Version,
    product::{Product, port::ProductQuery},
};
use foldhash::quality::RandomState;
use serde::Serialize;

use crate::{problem::Problem, request::etag};

/// What each thread that serves remembers.
pub(crate) struct Presentations {
    /// Products.
    pub(crate) products: Presented<ProductId, Product>,
    /// Pages of the catalogue.
    pub(crate) pages: Presented<ProductQuery, Page<Arc<Product>>>,
}

impl Presentations {
    /// How many bytes all threads of a server may remember.
    const MOST: usize = 16 * 1024 * 1024;

    /// One thread's share, if there are so many of them.
    pub(crate) fn among(threads: usize) -> Self {
        let half = Self::MOST / threads.max(1) / 2;
        Self { products: Presented::up_to(half), pages: Presented::up_to(half) }
    }
}

/// Presentations of one kind, by the key that their values are found under.
pub(crate) struct Presented<K, V> {
    seen: RefCell<Seen<K, V>>,
    most: usize,
}

struct Seen<K, V> {
    by_key: HashMap<K, (Arc<V>, Written), RandomState>,
    bytes: usize,
}

/// An answer that is written out. Copies share what is in it.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    json: Bytes,
    etag: Option<HeaderValue>,
}

impl Written {
    /// Writes a view as JSON.
    ///
    /// # Errors
    /// [`Problem`] if it cannot be written so.
    pub(crate) fn json(view: &impl Serialize) -> Result<Self, Problem> {
        let json = serde_json::to_vec(view).map_err(|error| Problem::internal(Arc::new(error)))?;
        Ok(Self { json: Bytes::from(json), etag: None })
    }

    /// With the entity tag of that version.
    pub(crate) fn tagged(mut self, version: Version) -> Self {
        self.etag = HeaderValue::try_from(etag(version)).ok();
        self
    }

    /// The answer.
    pub(crate) fn respond(self) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        let json = HeaderValue::from_static("application/json");
        response.insert_header((header::CONTENT_TYPE, json));
        if let Some(etag) = self.etag {
            response.insert_header((header::ETAG, etag));
        }
        response.body(self.json)
    }
}

impl<K: Hash + Eq + Clone, V> Presented<K, V> {
    /// Remembers up to about so many bytes, and starts anew when they are full.
    fn up_to(most: usize) -> Self {
        let seen = Seen { by_key: HashMap::default(), bytes: 0 };
        Self { seen: RefCell::new(seen), most }
    }

    /// The value as `write` writes it, unless it was written before.
    ///
    /// # Errors
    /// Those of `write`.
    pub(crate) fn written(
        &self,
        key: &K,
        value: &Arc<V>,
        write: impl FnOnce(&V) -> Result<Written, Problem>,
    ) -> Result<Written, Problem> {
        let mut seen = self.seen.borrow_mut();
        if let Some((of, written)) = seen.by_key.get(key)
            && Arc::ptr_eq(of, value)
        {
            return Ok(written.clone());
        }
        let written = write(value)?;
        seen.remember(key, value, written.clone(), self.most);
        Ok(written)
    }
}

impl<K: Hash + Eq + Clone, V> Seen<K, V> {
    fn remember(&mut self, key: &K, value: &Arc<V>, written: Written, most: usize) {
        // The value is kept as well, and is about as large; so is what keeps both.
        let size = |written: &Written| 2 * written.json.len() + size_of::<(K, V, Written)>();
        let more = size(&written);
        if self.bytes + more > most {
            self.by_key.clear();
            self.bytes = 0;
        }
        if more <= most {
            let before = self.by_key.insert(key.clone(), (Arc::clone(value), written));
            self.bytes = self.bytes + more - before.map_or(0, |(_, written)| size(&written));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Presents `value` under `key`, and tells whether that was work.
    fn is_made(presented: &Presented<u8, String>, key: u8, value: &Arc<String>) -> bool {
        let mut made = false;
        let written = presented.written(&key, value, |value| {
            made = true;
            Written::json(value)
        });
        assert_eq!(written.unwrap().json, format!("{value:?}"));
        made
    }

    #[test]
    fn a_value_is_presented_once_and_its_successor_anew() {
        let presented = Presented::up_to(1_000);
        let (old, new) = (Arc::new("tea".to_owned()), Arc::new("tea".to_owned()));
        assert!(is_made(&presented, 1, &old));
        assert!(!is_made(&presented, 1, &old));
        assert!(is_made(&presented, 1, &new), "an equal value is another one");
        assert!(!is_made(&presented, 1, &new));
        assert!(is_made(&presented, 2, &new), "another key");
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let presented = Presented::up_to(1_000);
        let large = Arc::new("x".repeat(300));
        assert!(is_made(&presented, 1, &large));
        assert!(!is_made(&presented, 1, &large));
        assert!(is_made(&presented, 2, &large), "there is no room for two");
        assert!(is_made(&presented, 1, &large));
        let larger = Arc::new("x".repeat(3_000));
        assert!(is_made(&presented, 3, &larger));
        assert!(is_made(&presented, 3, &larger), "that alone is too much");
        assert!(presented.seen.borrow().bytes <= 1_000);
    }

    #[test]
    fn a_value_that_changes_all_the_time_takes_the_room_of_one() {
        let presented = Presented::up_to(1_000);
        for _ in 0..100 {
            assert!(is_made(&presented, 1, &Arc::new("tea".to_owned())));
        }
        assert!(presented.seen.borrow().bytes < 500);
    }
}
