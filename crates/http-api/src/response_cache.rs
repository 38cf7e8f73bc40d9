//! Responses that were written before, from the very same value.
//!
//! A cached product, or page of products, is the same value in memory for request after request. Each thread that
//! serves keeps what it wrote of it, together with the value, for as long as that is the one to be answered with: so
//! there is nothing to invalidate. Without this, the row `page` of `make bench` falls to half of its yardstick.

use std::{cell::RefCell, collections::HashMap, hash::Hash, sync::Arc};

use actix_web::{HttpResponse, http::header, web::Bytes};
use domain::{
    Page, ProductId, Version,
    product::{Product, port::ProductQuery},
};
use http_request::etag;
use serde::Serialize;

use crate::problem::Problem;

/// The bytes of JSON that each of a thread's caches keeps.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// The caches of one thread: each has its own, as data of its app.
#[derive(Default)]
pub struct ResponseCaches {
    pub(crate) products: ResponseCache<ProductId, Product>,
    pub(crate) pages: ResponseCache<ProductQuery, Page<Arc<Product>>>,
}

/// Responses by the key that their values are found under.
pub(crate) struct ResponseCache<K, V>(RefCell<CacheEntries<K, V>>);

struct CacheEntries<K, V> {
    by_key: HashMap<K, (Arc<V>, Bytes)>,
    /// Of JSON that was put in since it was last empty.
    bytes: usize,
}

impl<K, V> Default for ResponseCache<K, V> {
    fn default() -> Self {
        Self(RefCell::new(CacheEntries { by_key: HashMap::new(), bytes: 0 }))
    }
}

impl<K: Hash + Eq + Clone, V> ResponseCache<K, V> {
    /// The value's view as JSON, unless it was written before.
    ///
    /// # Errors
    /// [`Problem`] if it cannot be written as JSON.
    pub(crate) fn json<T: Serialize>(
        &self,
        key: &K,
        value: &Arc<V>,
        view: impl FnOnce(&V) -> T,
    ) -> Result<Bytes, Problem> {
        let mut entries = self.0.borrow_mut();
        if let Some((of, json)) = entries.by_key.get(key)
            && Arc::ptr_eq(of, value)
        {
            return Ok(json.clone());
        }
        let json =
            serde_json::to_vec(&view(value)).map_err(|error| Problem::internal(Arc::new(error)))?;
        let json = Bytes::from(json);
        if entries.bytes + json.len() > MAX_BYTES {
            entries.by_key.clear();
            entries.bytes = 0;
        }
        entries.bytes += json.len();
        entries.by_key.insert(key.clone(), (Arc::clone(value), json.clone()));
        Ok(json)
    }
}

/// A response of that JSON, with the entity tag of what has a version.
pub(crate) fn respond(json: Bytes, version: Option<Version>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, "application/json"));
    if let Some(version) = version {
        response.insert_header((header::ETAG, etag(version)));
    }
    response.body(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a value had to be written.
    fn is_written(cache: &ResponseCache<u8, String>, key: u8, value: &Arc<String>) -> bool {
        let mut written = false;
        let json = cache.json(&key, value, |value| {
            written = true;
            value.clone()
        });
        assert_eq!(json.unwrap(), format!("{value:?}"));
        written
    }

    #[test]
    fn a_value_is_written_once_and_its_successor_anew() {
        let cache = ResponseCache::default();
        let (old, new) = (Arc::new("tea".to_owned()), Arc::new("tea".to_owned()));
        assert!(is_written(&cache, 1, &old));
        assert!(!is_written(&cache, 1, &old));
        assert!(is_written(&cache, 1, &new), "an equal value is another one");
        assert!(!is_written(&cache, 1, &new));
        assert!(is_written(&cache, 2, &new), "another key");
    }

    #[test]
    fn a_full_cache_begins_anew() {
        let cache = ResponseCache::default();
        let large = Arc::new("x".repeat(MAX_BYTES / 2 + 1));
        assert!(is_written(&cache, 1, &large));
        assert!(!is_written(&cache, 1, &large));
        assert!(is_written(&cache, 2, &large), "there is no room for two");
        assert!(is_written(&cache, 1, &large));
    }
}
