//! A cache of serialized responses.
//!
//! While a product, or a page of products, is in the product cache, every request gets the same
//! `Arc`. Each worker thread caches the serialized JSON together with that `Arc`. An entry is valid
//! as long as requests get the identical `Arc`, so nothing has to be invalidated. Without this
//! cache, the row `page` of `make bench` falls to half of its baseline.

use std::{cell::RefCell, collections::HashMap, hash::Hash, sync::Arc};

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
    web::Bytes,
};
use domain::{
    Page, ProductId,
    product::{Product, port::ProductQuery},
};
use serde::Serialize;

use crate::{problem::Problem, views::TAGGED_CACHE_CONTROL};

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

/// A serialized response: its JSON and its entity tag, if it has one.
#[derive(Clone)]
pub(crate) struct CachedResponse {
    json: Bytes,
    tag: Option<HeaderValue>,
}

struct CacheEntries<K, V> {
    by_key: HashMap<K, (Arc<V>, CachedResponse)>,
    /// Bytes of JSON inserted since the cache was last cleared.
    bytes: usize,
}

impl<K, V> Default for ResponseCache<K, V> {
    fn default() -> Self {
        Self(RefCell::new(CacheEntries { by_key: HashMap::new(), bytes: 0 }))
    }
}

impl<K: Hash + Eq + Clone, V> ResponseCache<K, V> {
    /// Returns the response with the value's view; serializes it unless it is cached for this very
    /// `Arc`. `tag` gives the entity tag of a value whose response has one.
    ///
    /// # Errors
    /// [`Problem`] if serialization fails.
    pub(crate) fn get<T: Serialize>(
        &self,
        key: &K,
        value: &Arc<V>,
        view: impl FnOnce(&V) -> T,
        tag: impl FnOnce(&V) -> Option<String>,
    ) -> Result<CachedResponse, Problem> {
        let mut entries = self.0.borrow_mut();
        if let Some((cached, response)) = entries.by_key.get(key)
            && Arc::ptr_eq(cached, value)
        {
            return Ok(response.clone());
        }
        let json =
            serde_json::to_vec(&view(value)).map_err(|error| Problem::internal(Arc::new(error)))?;
        let json = Bytes::from(json);
        if entries.bytes + json.len() > MAX_CACHED_BYTES {
            entries.by_key.clear();
            entries.bytes = 0;
        }
        entries.bytes += json.len();
        // The tag is digits in quotes, which a header may contain.
        let tag = tag(value).and_then(|tag| HeaderValue::try_from(tag).ok());
        let response = CachedResponse { json, tag };
        entries.by_key.insert(key.clone(), (Arc::clone(value), response.clone()));
        Ok(response)
    }
}

impl From<CachedResponse> for HttpResponse {
    fn from(CachedResponse { json, tag }: CachedResponse) -> Self {
        let mut response = Self::Ok();
        response.insert_header((header::CONTENT_TYPE, "application/json"));
        if let Some(tag) = tag {
            response.insert_header((header::ETAG, tag));
            let cache_control = HeaderValue::from_static(TAGGED_CACHE_CONTROL);
            response.insert_header((header::CACHE_CONTROL, cache_control));
        }
        response.body(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the cache had to serialize the value.
    fn is_serialized(cache: &ResponseCache<u8, String>, key: u8, value: &Arc<String>) -> bool {
        let mut serialized = false;
        let view = |value: &String| {
            serialized = true;
            value.clone()
        };
        let response = cache.get(&key, value, view, |_value| Some("\"1-1\"".to_owned())).unwrap();
        assert_eq!(
            (response.json, response.tag),
            (format!("{value:?}").into(), Some(HeaderValue::from_static("\"1-1\"")))
        );
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
