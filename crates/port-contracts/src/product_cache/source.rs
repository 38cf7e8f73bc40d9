//! Sources for a cache under test, with answers that a case chooses and may delay. Adapters' own
//! tests use them as well.

use std::{io, sync::Arc};

use async_trait::async_trait;
use domain::{
    Page, ProductId, StoreError,
    product::{
        Product,
        port::{ProductQuery, ProductReads},
    },
};
use tokio::sync::Semaphore;

use crate::{
    builders::{self, timestamp},
    revision, version,
};

/// A page of products as caches store it.
pub type CachedPage = Arc<Page<Arc<Product>>>;

/// The product with this id, after this many changes.
pub fn product(id: i64, changes: i64) -> Arc<Product> {
    let new = builders::product(&format!("Product {id}")).build();
    Arc::new(Product {
        id: ProductId::new(id),
        name: new.name,
        description: new.description,
        price: new.price,
        stock: new.stock,
        version: version(changes),
        revision: revision(changes),
        created_at: timestamp(0),
        updated_at: timestamp(changes),
        deleted_at: None,
    })
}

/// The only page of a list of these products.
pub(super) fn page_of(items: &[Arc<Product>]) -> CachedPage {
    let total = u64::try_from(items.len()).unwrap();
    Arc::new(Page { items: items.to_vec(), total, next: None })
}

/// A source that returns the same product and page for every query.
pub struct ProductReadsStub {
    product: Option<Arc<Product>>,
    page: CachedPage,
    reads: Semaphore,
    answers: Semaphore,
}

impl ProductReadsStub {
    /// A source of this product and an empty page.
    pub fn of_product(product: &Arc<Product>) -> Self {
        Self::new(Some(Arc::clone(product)), page_of(&[]), 1)
    }

    /// A source of this page without a product.
    pub fn of_page(page: &CachedPage) -> Self {
        Self::new(None, Arc::clone(page), 1)
    }

    /// A source whose reads wait for [`Self::answer`].
    pub fn slow(product: &Arc<Product>, page: &CachedPage) -> Arc<Self> {
        Arc::new(Self::new(Some(Arc::clone(product)), Arc::clone(page), 0))
    }

    fn new(product: Option<Arc<Product>>, page: CachedPage, answers: usize) -> Self {
        let (reads, answers) = (Semaphore::new(0), Semaphore::new(answers));
        Self { product, page, reads, answers }
    }

    /// Waits for a read.
    pub async fn was_read(&self) {
        let _permit = self.reads.acquire().await.expect("the semaphore stays open");
    }

    /// Allows one read to return.
    pub fn answer(&self) {
        self.answers.add_permits(1);
    }

    async fn wait_for_answer(&self) {
        self.reads.add_permits(1);
        let _permit = self.answers.acquire().await.expect("the semaphore stays open");
    }
}

#[async_trait]
impl ProductReads for ProductReadsStub {
    async fn find(&self, _id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        self.wait_for_answer().await;
        Ok(self.product.clone())
    }

    async fn list(&self, _: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        self.wait_for_answer().await;
        Ok(Arc::clone(&self.page))
    }
}

/// A source whose reads fail, so that only cached values can be read.
pub struct FailingProductReads;

fn unavailable() -> StoreError {
    StoreError::unavailable(io::Error::other("connection refused"))
}

#[async_trait]
impl ProductReads for FailingProductReads {
    async fn find(&self, _id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        Err(unavailable())
    }

    async fn list(&self, _: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        Err(unavailable())
    }
}
