//! Spans around the store of products, and around the cache before it.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Page, ProductId, StoreError, Timestamp, Version,
    account::Actor,
    product::{
        CacheLease, NewProduct, Product, ProductCache, ProductCommand, ProductLookup,
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
}

/// A cache whose lookups and invalidations are spans. Part of them is a call of Redis, where there is one.
pub(crate) struct TracedCache(pub(crate) Arc<dyn ProductCache>);

fn note<T>(span: &Span, found: &ProductLookup<T>) {
    span.record("oms.cache.hit", matches!(found, ProductLookup::Hit(_)));
}

#[async_trait]
impl ProductCache for TracedCache {
    async fn product(&self, id: ProductId) -> ProductLookup<Arc<Product>> {
        let span = spans::step("cache.product");
        let found = self.0.product(id).instrument(span.clone()).await;
        note(&span, &found);
        found
    }

    async fn put_product(&self, lease: CacheLease, product: &Arc<Product>) {
        self.0.put_product(lease, product).instrument(spans::step("cache.put_product")).await;
    }

    async fn page(&self, query: &ProductQuery) -> ProductLookup<Arc<Page<Arc<Product>>>> {
        let span = spans::step("cache.page");
        let found = self.0.page(query).instrument(span.clone()).await;
        note(&span, &found);
        found
    }

    async fn put_page(
        &self,
        lease: CacheLease,
        query: &ProductQuery,
        page: &Arc<Page<Arc<Product>>>,
    ) {
        self.0.put_page(lease, query, page).instrument(spans::step("cache.put_page")).await;
    }

    async fn invalidate(&self, products: &[ProductId]) {
        self.0.invalidate(products).instrument(spans::step("cache.invalidate")).await;
    }

    async fn invalidate_all(&self) {
        self.0.invalidate_all().instrument(spans::step("cache.invalidate_all")).await;
    }
}
