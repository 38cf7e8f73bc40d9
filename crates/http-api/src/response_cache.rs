//! A cache of serialized responses.
//!
//! While a product, or a page of products, is in the product cache, every request gets the same
//! `Arc`. Each worker thread caches the serialized JSON together with that `Arc`. An entry is valid
//! as long as requests get the identical `Arc`, so nothing has to be invalidated. Without this
//! cache, the row `page` of `make bench` falls to half of its baseline.

use std::{cell::RefCell, collections::HashMap, hash::Hash, sync::Arc};

use actix_web::{HttpResponse, http::header, web::Bytes};
use domain::{
    Page, ProductId, Version,
    product::{Product, port::ProductQuery},
};
use http_request::etag;
use serde::Serialize;

use crate::problem::Problem;

/// The capacity of one cache, in bytes of JSON.
const MAX_CACHED_BYTES: usize = 2 * 1024 * 1024;

/// The response caches of one worker thread, stored as application data.
#[derive(Default)]
pub struct ResponseCaches {
    pub(crate) products: ResponseCache<ProductId, Product>,
    pub(crate) pages: ResponseCache<ProductQuery, Page<Arc<Product>>>,
}

/// Serialized responses by the key of their value.
pub(crate) struct ResponseCache<K, V>(RefCell<CacheEntries<K, V>>);

struct CacheEntries<K, V> {
    by_key: HashMap<K, (Arc<V>, Bytes)>,
    /// Bytes of JSON inserted since the cache was last cleared.
    bytes: usize,
}

impl<K, V> Default for ResponseCache<K, V> {
    fn default() -> Self {
        Self(RefCell::new(CacheEntries { by_key: HashMap::new(), bytes: 0 }))
    }
}

impl<K: Hash + Eq + Clone, V> ResponseCache<K, V> {
    /// Returns the JSON of the value's view; serializes it unless it is cached for this very `Arc`.
    ///
    /// # Errors
    /// [`Problem`] if serialization fails.
    pub(crate) fn json<T: Serialize>(
        &self,
        key: &K,
        value: &Arc<V>,
        view: impl FnOnce(&V) -> T,
    ) -> Result<Bytes, Problem> {
        let mut entries = self.0.borrow_mut();
        if let Some((cached, json)) = entries.by_key.get(key)
            && Arc::ptr_eq(cached, value)
        {
            return Ok(json.clone());
        }
        let json =
            serde_json::to_vec(&view(value)).map_err(|error| Problem::internal(Arc::new(error)))?;
        let json = Bytes::from(json);
        if entries.bytes + json.len() > MAX_CACHED_BYTES {
            entries.by_key.clear();
            entries.bytes = 0;
        }
        entries.bytes += json.len();
        entries.by_key.insert(key.clone(), (Arc::clone(value), json.clone()));
        Ok(json)
    }
}

/// A response with JSON that is already serialized, and with an entity tag if there is a version.
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

    /// Whether the cache had to serialize the value.
    fn is_serialized(cache: &ResponseCache<u8, String>, key: u8, value: &Arc<String>) -> bool {
        let mut serialized = false;
        let json = cache.json(&key, value, |value| {
            serialized = true;
            value.clone()
        });
        assert_eq!(json.unwrap(), format!("{value:?}"));
        serialized
    }

    #[test]
    fn a_value_is_serialized_once_until_it_is_replaced() {
        let cache = ResponseCache::default();
        let (old, new) = (Arc::new("tea".to_owned()), Arc::new("tea".to_owned()));
        assert!(is_serialized(&cache, 1, &old));
        assert!(!is_serialized(&cache, 1, &old));
        assert!(
            is_serialized(&cache, 1, &new),
            "an equal value in another `Arc` is serialized again"
        );
        assert!(!is_serialized(&cache, 1, &new));
        assert!(is_serialized(&cache, 2, &new), "another key");
    }

    #[test]
    fn a_full_cache_is_cleared() {
        let cache = ResponseCache::default();
        let large = Arc::new("x".repeat(MAX_CACHED_BYTES / 2 + 1));
        assert!(is_serialized(&cache, 1, &large));
        assert!(!is_serialized(&cache, 1, &large));
        assert!(is_serialized(&cache, 2, &large), "the cache cannot hold both");
        assert!(is_serialized(&cache, 1, &large));
    }
}
