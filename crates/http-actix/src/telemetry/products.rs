//! Spans around the store of products, and around the cache before it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use domain::{
    Page, ProductId, StoreError, Timestamp, Version,
    account::Actor,
    product::{
        NewProduct, Product, ProductCache, ProductCommand, ProductSource, TouchedProducts,
        port::{ChangeProductError, ProductQuery, ProductStore},
    },
};
use tracing::{Instrument as _, Span};

use super::{spans, traced::Traced};

#[async_trait]
impl<S: ProductStore + ?Sized> ProductStore for Traced<S> {
    async fn create(
        &self,
        product: NewProduct,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, StoreError> {
        self.read("products.create", self.store.create(product, actor, now)).await
    }

    async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        self.read("products.find", self.store.find(id)).await
    }

    async fn list(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        self.read("products.list", self.store.list(query)).await
    }

    async fn execute(
        &self,
        id: ProductId,
        command: &ProductCommand,
        expected: Option<Version>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, ChangeProductError> {
        let fails = |error: &ChangeProductError| matches!(error, ChangeProductError::Store(_));
        let execute = self.store.execute(id, command, expected, actor, now);
        self.change("products.execute", fails, execute).await
    }

    async fn await_open_transactions(&self) -> Result<(), StoreError> {
        let wait = self.store.await_open_transactions();
        self.read("products.await_open_transactions", wait).await
    }
}

/// A cache whose reads and invalidations are spans. Part of them is a call of Redis, where there is one, and of the store
/// where the cache has nothing.
pub(crate) struct TracedCache(pub(crate) Arc<dyn ProductCache>);

/// A source that notes whether it was read.
struct NotedSource<'a> {
    source: &'a dyn ProductSource,
    was_read: AtomicBool,
}

impl<'a> NotedSource<'a> {
    fn new(source: &'a dyn ProductSource) -> Self {
        Self { source, was_read: AtomicBool::new(false) }
    }

    fn record(&self, span: &Span) {
        span.record("oms.cache.hit", !self.was_read.load(Ordering::Relaxed));
    }
}

#[async_trait]
impl ProductSource for NotedSource<'_> {
    async fn read_product(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        self.was_read.store(true, Ordering::Relaxed);
        self.source.read_product(id).await
    }

    async fn read_page(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        self.was_read.store(true, Ordering::Relaxed);
        self.source.read_page(query).await
    }
}

#[async_trait]
impl ProductCache for TracedCache {
    async fn product(
        &self,
        id: ProductId,
        source: &dyn ProductSource,
    ) -> Result<Option<Arc<Product>>, StoreError> {
        let (span, source) = (spans::step("cache.product"), NotedSource::new(source));
        let read = self.0.product(id, &source).instrument(span.clone()).await;
        source.record(&span);
        read
    }

    async fn page(
        &self,
        query: &ProductQuery,
        source: &dyn ProductSource,
    ) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        let (span, source) = (spans::step("cache.page"), NotedSource::new(source));
        let read = self.0.page(query, &source).instrument(span.clone()).await;
        source.record(&span);
        read
    }

    async fn invalidate(&self, touched: &TouchedProducts) {
        self.0.invalidate(touched).instrument(spans::step("cache.invalidate")).await;
    }

    async fn suspend(&self, touched: &TouchedProducts, store: Arc<dyn ProductStore>) {
        self.0.suspend(touched, store).instrument(spans::step("cache.suspend")).await;
    }
}
