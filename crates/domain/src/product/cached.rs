//! The cache in front of the products: reads go through it, and a service that changed products invalidates it.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Product, ProductCache, TouchedProducts,
    port::{ProductQuery, ProductReads, ProductWrites},
};
use crate::{Page, ProductId, StoreError};

/// The products of a store, read through a cache.
///
/// The services that change products hold it as well: each change invalidates what it touched before it is
/// acknowledged. A caller that goes away in between must not prevent that: run every change to its end.
#[derive(Clone)]
pub struct CachedProducts {
    reads: Arc<dyn ProductReads>,
    writes: Arc<dyn ProductWrites>,
    cache: Arc<dyn ProductCache>,
}

impl CachedProducts {
    /// Puts a cache before the reads of a store. Its writes tell when a commit of unknown fate is known.
    pub fn new(
        reads: Arc<dyn ProductReads>,
        writes: Arc<dyn ProductWrites>,
        cache: Arc<dyn ProductCache>,
    ) -> Self {
        Self { reads, writes, cache }
    }

    /// Drops what a change touched, after it was committed, or after it failed in the store like that: it may have
    /// been committed all the same.
    pub(crate) async fn invalidate(&self, touched: TouchedProducts, failure: Option<&StoreError>) {
        if let Some(StoreError::CommitUnknown(_)) = failure {
            self.cache.suspend(&touched, self.writes.clone()).await;
        } else {
            self.cache.invalidate(&touched).await;
        }
    }

    /// Drops a product if what the store has just said proves the cached one wrong.
    pub(crate) async fn drop_if(&self, id: ProductId, wrong: impl Fn(&Product) -> bool + Send) {
        let cached = self.cache.product(id, &EmptySource).await;
        if matches!(cached, Ok(Some(product)) if wrong(&product)) {
            self.cache.invalidate(&TouchedProducts::Listed(vec![id])).await;
        }
    }
}

#[async_trait]
impl ProductReads for CachedProducts {
    async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        self.cache.product(id, self.reads.as_ref()).await
    }

    async fn list(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        self.cache.page(query, self.reads.as_ref()).await
    }
}

/// A source with nothing in it: what is read through a cache before it was in the cache.
struct EmptySource;

#[async_trait]
impl ProductReads for EmptySource {
    async fn find(&self, _id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        Ok(None)
    }

    async fn list(&self, _query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        Ok(Arc::new(Page { items: Vec::new(), total: 0, next: None }))
    }
}
