//! A product store in memory, which the cases put behind a cache. It is not an adapter under test.
//! It calls [`Product::decide`] as every store does, and delays its answers, so that slow readers
//! overlap with changes.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    ExpectedVersions, Page, PageRequest, PageStart, ProductId, Stock, StoreError, Timestamp,
    account::Actor,
    product::{
        NewProduct, Product, ProductCommand, StockMovement,
        port::{ChangeProductError, MovementReads, ProductQuery, ProductReads, ProductWrites},
    },
    text::search_form,
};
use tokio::sync::Semaphore;

/// Products in memory, with a count of reads.
pub struct ProductStoreStub {
    products: Mutex<BTreeMap<ProductId, Arc<Product>>>,
    reads: AtomicUsize,
    /// Has a permit while no transaction is open.
    ended: Semaphore,
    /// A change whose transaction has not committed yet.
    pending_change: Mutex<Option<Arc<Product>>>,
}

impl Default for ProductStoreStub {
    fn default() -> Self {
        let ended = Semaphore::new(1);
        Self {
            products: Mutex::default(),
            reads: AtomicUsize::new(0),
            ended,
            pending_change: Mutex::default(),
        }
    }
}

impl ProductStoreStub {
    /// A store with an open transaction: the next change fails with an unknown commit, and is
    /// applied by [`commit_late`](Self::commit_late).
    pub fn with_open_transaction() -> Self {
        Self { ended: Semaphore::new(0), ..Self::default() }
    }

    /// Commits the change that failed.
    pub fn commit_late(&self) {
        if let Some(product) = self.pending_change.lock().unwrap().take() {
            self.with(|products| products.insert(product.id, product));
        }
    }

    /// Ends the open transaction.
    pub fn end_transactions(&self) {
        self.ended.add_permits(1);
    }

    /// The number of reads of products and pages so far.
    pub fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<ProductId, Arc<Product>>) -> T) -> T {
        work(&mut self.products.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Yields to other tasks between a read and its answer, a varying number of times.
    async fn delay_answer(&self) {
        let reads = self.reads.fetch_add(1, Ordering::SeqCst);
        for _ in 0..reads % 7 {
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait]
impl ProductReads for ProductStoreStub {
    async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        let found = self.with(|products| products.get(&id).cloned());
        self.delay_answer().await;
        Ok(found.filter(|product| product.is_live()))
    }

    async fn list(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        let term = query.search.as_ref().map_or("", |search| search.folded());
        let matching: Vec<_> = self.with(|products| {
            let live = products.values().rev().filter(|product| product.is_live());
            live.filter(|product| search_form(product.name.as_str()).contains(term))
                .cloned()
                .collect()
        });
        self.delay_answer().await;
        let total = u64::try_from(matching.len()).unwrap_or(u64::MAX);
        let skip = usize::try_from(query.page.offset()).unwrap_or(usize::MAX);
        let behind = matching.into_iter().filter(|product| match query.page.start {
            PageStart::Number(_) => true,
            PageStart::After(cursor) => product.id.get() < cursor.id(),
        });
        let items = behind.skip(skip).collect();
        Ok(Arc::new(Page::from_fetched(items, query.page.limit, total, |item| item.id.get())))
    }
}

#[async_trait]
impl MovementReads for ProductStoreStub {
    /// Stock movements are not cached.
    async fn movements(
        &self,
        _product: ProductId,
        _page: PageRequest,
    ) -> Result<Option<Page<StockMovement>>, StoreError> {
        Ok(None)
    }
}

#[async_trait]
impl ProductWrites for ProductStoreStub {
    async fn create(
        &self,
        product: NewProduct,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, StoreError> {
        Ok(self.with(|products| {
            let id = products.keys().last().map_or(1, |last| last.get() + 1);
            let made = Arc::new(product.create(ProductId::new(id), actor, now).product);
            products.insert(made.id, Arc::clone(&made));
            made
        }))
    }

    async fn execute(
        &self,
        id: ProductId,
        command: &ProductCommand,
        expected: &ExpectedVersions,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, ChangeProductError> {
        self.with(|products| {
            let product = products.get_mut(&id).ok_or(ChangeProductError::NotFound)?;
            let changed =
                Arc::new(product.decide_at(expected, command, Stock::EMPTY, actor, now)?.product);
            if self.ended.available_permits() == 0 {
                *self.pending_change.lock().unwrap() = Some(changed);
                return Err(
                    StoreError::commit_unknown(io::Error::other("connection refused")).into()
                );
            }
            *product = Arc::clone(&changed);
            Ok(changed)
        })
    }

    async fn await_open_transactions(&self) -> Result<(), StoreError> {
        let ended = self.ended.acquire().await;
        ended.map(drop).map_err(StoreError::broken)
    }
}
