//! The port of the product cache: read-through reads, and invalidation.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Product,
    port::{ProductQuery, ProductReads, ProductWrites},
};
use crate::{Page, ProductId, StoreError};

/// The products that a change may have touched. Every change touches all pages of products as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TouchedProducts {
    /// Only these products, and all pages. With an empty list, only the pages.
    Listed(Vec<ProductId>),
    /// All products: it is unknown which ones the change touched.
    All,
}

/// Caches products and pages of products, for five minutes at most.
///
/// It is a read-through cache: it returns a cached value, or reads the source, which is the store
/// or another cache, and may keep the result. A cache never fails itself: if it cannot be reached,
/// it reads the source.
#[async_trait]
pub trait ProductCache: Send + Sync {
    /// The live product with this identifier, or `None`, which is not cached.
    ///
    /// # Errors
    /// Those of the source, which are not cached.
    async fn product(
        &self,
        id: ProductId,
        source: &dyn ProductReads,
    ) -> Result<Option<Arc<Product>>, StoreError>;

    /// A page of the live products.
    ///
    /// # Errors
    /// Those of the source, which are not cached.
    async fn page(
        &self,
        query: &ProductQuery,
        source: &dyn ProductReads,
    ) -> Result<Arc<Page<Arc<Product>>>, StoreError>;

    /// Invalidates these products and every page, after a change was committed. After it returns,
    /// this process MUST NOT return what it read from the source before the call, even if a slow
    /// read of the source ends later. Other processes MUST NOT return it from one second later on.
    async fn invalidate(&self, touched: &TouchedProducts);

    /// Invalidates them after a change of which it is unknown whether it was committed, or will be.
    /// From then on reads of these products and of every page go to the source, and the results are
    /// not cached, in this process at once and in others from one second later on, until
    /// [`ProductWrites::await_open_transactions`] of that store has succeeded; this method does not
    /// wait for that.
    async fn suspend(&self, touched: &TouchedProducts, store: Arc<dyn ProductWrites>);
}
