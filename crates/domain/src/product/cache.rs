//! The port of the product cache: reads through it, and the changes that it has to know of.

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
    /// These. An empty list stands for the pages alone.
    Listed(Vec<ProductId>),
    /// Any of them: the change does not say which.
    All,
}

/// Keeps products and pages of products close by, for five minutes at most.
///
/// Reads go through it: it answers from what it has, or reads the source, which is the store or a cache behind this one, and may keep the answer. A cache never
/// fails by itself: one that cannot be reached reads the source.
#[async_trait]
pub trait ProductCache: Send + Sync {
    /// The live product of that number, or `None`. That there is none is not kept.
    ///
    /// # Errors
    /// The source's, which are not kept either.
    async fn product(
        &self,
        id: ProductId,
        source: &dyn ProductReads,
    ) -> Result<Option<Arc<Product>>, StoreError>;

    /// A page of the live products.
    ///
    /// # Errors
    /// The source's, which are not kept.
    async fn page(
        &self,
        query: &ProductQuery,
        source: &dyn ProductReads,
    ) -> Result<Arc<Page<Arc<Product>>>, StoreError>;

    /// Drops these products and every page, after a change that was committed. When it returns, this process MUST NOT
    /// serve what it read from the source before the call, also if a slow reader comes back with it later.
    /// Other processes MUST NOT serve it a second later.
    async fn invalidate(&self, touched: &TouchedProducts);

    /// The same for a change of which it is unknown whether it was committed, or will be. From now on reads of these
    /// products and of every page go to the source, and nothing of them is kept, here and in other
    /// processes (but for the second that they have with an invalidation), until
    /// [`ProductWrites::await_open_transactions`] of that store has succeeded; this method does not wait for that.
    async fn suspend(&self, touched: &TouchedProducts, store: Arc<dyn ProductWrites>);
}
