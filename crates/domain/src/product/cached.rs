//! Cached reads of products, with their invalidation.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Product, ProductCache, TouchedProducts,
    port::{ProductQuery, ProductReads, ProductWrites},
};
use crate::{Page, ProductId, StoreError};

/// The products of a store, read through a cache.
///
/// The services that change products hold it as well: each change invalidates the products that it
/// touched before it is acknowledged. A client that disconnects between the commit and the
/// invalidation must not prevent the invalidation, so run every change to completion.
#[derive(Clone)]
pub struct CachedProducts {
    reads: Arc<dyn ProductReads>,
    writes: Arc<dyn ProductWrites>,
    cache: Arc<dyn ProductCache>,
}

impl CachedProducts {
    /// Puts a cache in front of the reads of a store. The cache uses the writes to wait for the end
    /// of open transactions after a commit of unknown outcome.
    pub fn new(
        reads: Arc<dyn ProductReads>,
        writes: Arc<dyn ProductWrites>,
        cache: Arc<dyn ProductCache>,
    ) -> Self {
        Self { reads, writes, cache }
    }

    /// Invalidates the products that a change touched, after it was committed, or after it failed
    /// in the store with this error. If the outcome of the commit is unknown, the products are kept
    /// out of the cache until it is known.
    pub(crate) async fn invalidate(&self, touched: TouchedProducts, failure: Option<&StoreError>) {
        if let Some(StoreError::CommitUnknown(_)) = failure {
            self.cache.suspend(&touched, self.writes.clone()).await;
        } else {
            self.cache.invalidate(&touched).await;
        }
    }

    /// Invalidates a product if `outdated` holds for the cached one.
    pub(crate) async fn invalidate_if(
        &self,
        id: ProductId,
        outdated: impl Fn(&Product) -> bool + Send,
    ) {
        let cached = self.cache.product(id, &EmptySource).await;
        if matches!(cached, Ok(Some(product)) if outdated(&product)) {
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

/// A source without products, so that a read returns only what is cached.
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
