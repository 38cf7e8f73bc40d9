//! What a cache under test reads: answers that a case chooses, at once or when the case says so.
//! Adapters' own tests use it as well.

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

/// A page, as caches have it.
pub type CachedPage = Arc<Page<Arc<Product>>>;

/// A product of that number, after so many changes.
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

/// A page of these, and no more.
pub(super) fn page_of(items: &[Arc<Product>]) -> CachedPage {
    let total = u64::try_from(items.len()).unwrap();
    Arc::new(Page { items: items.to_vec(), total, next: None })
}

/// A source with one product and one page, whatever it is asked for.
pub struct Source {
    product: Option<Arc<Product>>,
    page: CachedPage,
    reads: Semaphore,
    answers: Semaphore,
}

impl Source {
    /// A source of that product, and an empty page.
    pub fn of_product(product: &Arc<Product>) -> Self {
        Self::new(Some(Arc::clone(product)), page_of(&[]), 1)
    }

    /// A source of that page, and no product.
    pub fn of_page(page: &CachedPage) -> Self {
        Self::new(None, Arc::clone(page), 1)
    }

    /// A source that answers only after [`Self::answer`].
    pub fn slow(product: &Arc<Product>, page: &CachedPage) -> Arc<Self> {
        Arc::new(Self::new(Some(Arc::clone(product)), Arc::clone(page), 0))
    }

    fn new(product: Option<Arc<Product>>, page: CachedPage, answers: usize) -> Self {
        let (reads, answers) = (Semaphore::new(0), Semaphore::new(answers));
        Self { product, page, reads, answers }
    }

    /// Waits until it is read.
    pub async fn was_read(&self) {
        let _read = self.reads.acquire().await.expect("it stays open");
    }

    /// Lets it answer.
    pub fn answer(&self) {
        self.answers.add_permits(1);
    }

    async fn may_answer(&self) {
        self.reads.add_permits(1);
        let _may = self.answers.acquire().await.expect("it stays open");
    }
}

#[async_trait]
impl ProductReads for Source {
    async fn find(&self, _id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        self.may_answer().await;
        Ok(self.product.clone())
    }

    async fn list(&self, _: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        self.may_answer().await;
        Ok(Arc::clone(&self.page))
    }
}

/// A source that always fails: what is read all the same was in the cache.
pub struct Failing;

fn away() -> StoreError {
    StoreError::unavailable(io::Error::other("it is away"))
}

#[async_trait]
impl ProductReads for Failing {
    async fn find(&self, _id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        Err(away())
    }

    async fn list(&self, _: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        Err(away())
    }
}
