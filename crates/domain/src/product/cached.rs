//! The cache in front of the products: a decorator. Neither the store behind it nor the callers before
//! it know that it is there.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    NewProduct, Product, ProductCache, ProductCommand, ProductSource, TouchedProducts,
    port::{ChangeProductError, ProductQuery, ProductStore},
};
use crate::{
    Page, ProductId, StoreError, Timestamp, Version,
    account::Actor,
    order::{
        NewOrder, Order, OrderCommand, OrderEvent, OrderId, PlaceRefusal,
        port::{ExecuteOrderError, OrderQuery, OrderSearch, OrderStore, PlaceError, Placement},
    },
};

/// Product reads through a cache, and an invalidation after every change of a product, by staff or by orders.
///
/// It stands before the product store and before the order store, since orders change stock. The cache is
/// invalidated before a change is acknowledged; so that a caller who goes away in between cannot prevent that,
/// wrap this in something that runs every change to its end.
pub struct CachedProducts<S> {
    store: Arc<S>,
    cache: Arc<dyn ProductCache>,
}

impl<S> Clone for CachedProducts<S> {
    /// Another handle on the same cache before the same store.
    fn clone(&self) -> Self {
        Self { store: Arc::clone(&self.store), cache: Arc::clone(&self.cache) }
    }
}

impl<S> CachedProducts<S> {
    /// Puts a cache before a store.
    pub fn new(store: Arc<S>, cache: Arc<dyn ProductCache>) -> Self {
        Self { store, cache }
    }
}

impl<S: ProductStore + 'static> CachedProducts<S> {
    /// After a change that was made, or that failed in the store like that: it may have been made all the same.
    async fn invalidate(&self, touched: TouchedProducts, failure: Option<&StoreError>) {
        if let Some(StoreError::CommitUnknown(_)) = failure {
            let store: Arc<dyn ProductStore> = Arc::<S>::clone(&self.store);
            self.cache.suspend(&touched, store).await;
        } else {
            self.cache.invalidate(&touched).await;
        }
    }

    /// Drops a product from the cache if what the store has just said proves the cached one wrong.
    async fn drop_if(&self, id: ProductId, wrong: impl Fn(&Product) -> bool + Send) {
        let cached = self.cache.product(id, &EmptySource).await;
        if matches!(cached, Ok(Some(product)) if wrong(&product)) {
            self.cache.invalidate(&TouchedProducts::Listed(vec![id])).await;
        }
    }

    async fn check_placement_refusal(&self, refusal: &PlaceRefusal) {
        match refusal {
            PlaceRefusal::ProductNotFound { product } => self.drop_if(*product, |_live| true).await,
            PlaceRefusal::InsufficientStock { product, requested, .. } => {
                let enough = |cached: &Product| cached.stock.get() >= requested.get();
                self.drop_if(*product, enough).await;
            }
            PlaceRefusal::KeyReused => {}
        }
    }
}

/// A source with nothing in it: what is read through a cache before it was in the cache.
struct EmptySource;

#[async_trait]
impl ProductSource for EmptySource {
    async fn read_product(&self, _id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        Ok(None)
    }

    async fn read_page(
        &self,
        _query: &ProductQuery,
    ) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        Ok(Arc::new(Page { items: Vec::new(), total: 0, next: None }))
    }
}

#[async_trait]
impl<S: ProductStore + 'static> ProductStore for CachedProducts<S> {
    async fn create(
        &self,
        product: NewProduct,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, StoreError> {
        let created = self.store.create(product, actor, now).await;
        let ids = created.iter().map(|product| product.id).collect();
        self.invalidate(TouchedProducts::Listed(ids), created.as_ref().err()).await;
        created
    }

    async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        self.cache.product(id, self.store.as_ref()).await
    }

    async fn list(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        self.cache.page(query, self.store.as_ref()).await
    }

    async fn execute(
        &self,
        id: ProductId,
        command: &ProductCommand,
        expected: Option<Version>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, ChangeProductError> {
        let changed = self.store.execute(id, command, expected, actor, now).await;
        let touched = TouchedProducts::Listed(vec![id]);
        match &changed {
            Ok(_) => self.invalidate(touched, None).await,
            Err(ChangeProductError::Store(failure)) => {
                self.invalidate(touched, Some(failure)).await;
            }
            Err(ChangeProductError::VersionMismatch { current }) => {
                self.drop_if(id, |cached| cached.version < *current).await;
            }
            Err(ChangeProductError::NotFound) => self.drop_if(id, |_live| true).await,
            Err(ChangeProductError::Refused(_)) => {}
        }
        changed
    }

    async fn await_open_transactions(&self) -> Result<(), StoreError> {
        self.store.await_open_transactions().await
    }
}

#[async_trait]
impl<S: OrderStore + ProductStore + 'static> OrderStore for CachedProducts<S> {
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        let mut touched: Vec<_> = orders.iter().flat_map(NewOrder::products).collect();
        touched.sort_unstable();
        touched.dedup();
        let placed = self.store.place(orders).await;
        let (mut changed, mut failure) = (false, None);
        for result in &placed {
            match result {
                // One that was placed before counts as well: the process that placed it may have died before it
                // invalidated anything.
                Ok(_) => changed = true,
                Err(PlaceError::Store(error)) => {
                    changed = true;
                    if failure.is_none() || matches!(error, StoreError::CommitUnknown(_)) {
                        failure = Some(error);
                    }
                }
                Err(PlaceError::Refused(refusal)) => self.check_placement_refusal(refusal).await,
                Err(PlaceError::PlacedAndDeleted) => {}
            }
        }
        if changed && !touched.is_empty() {
            self.invalidate(TouchedProducts::Listed(touched), failure).await;
        }
        placed
    }

    async fn execute(
        &self,
        id: OrderId,
        command: &OrderCommand,
        expected: Option<Version>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        let changed = OrderStore::execute(&*self.store, id, command, expected, actor, now).await;
        if !command.may_return_stock() {
            return changed;
        }
        match &changed {
            Ok(order) => {
                let products: Vec<_> = order.product_ids().collect();
                if !products.is_empty() {
                    self.invalidate(TouchedProducts::Listed(products), None).await;
                }
            }
            // It may have been committed all the same, and which products it names is not known here.
            Err(ExecuteOrderError::Store(failure)) => {
                self.invalidate(TouchedProducts::All, Some(failure)).await;
            }
            Err(_refused) => {}
        }
        changed
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        OrderStore::find(&*self.store, id).await
    }

    async fn list(&self, query: &OrderQuery) -> Result<Page<Order>, StoreError> {
        OrderStore::list(&*self.store, query).await
    }

    async fn search(&self, search: &OrderSearch) -> Result<Vec<Order>, StoreError> {
        self.store.search(search).await
    }

    async fn events(&self, id: OrderId) -> Result<Vec<OrderEvent>, StoreError> {
        self.store.events(id).await
    }
}
