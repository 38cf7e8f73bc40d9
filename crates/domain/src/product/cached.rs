//! The cache in front of the products: a decorator. Neither the store behind it nor the callers before
//! it know that it is there.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    NewProduct, Product, ProductCommand,
    port::{ChangeProductError, ProductQuery, ProductStore},
};
use crate::{
    Page, ProductId, StoreError, Timestamp, Version,
    account::Actor,
    order::{
        NewOrder, Order, OrderCommand, OrderEvent, OrderId,
        port::{ExecuteOrderError, OrderQuery, OrderSearch, OrderStore, PlaceError, Placement},
    },
};

/// What a cache has for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductLookup<T> {
    /// The value.
    Hit(T),
    /// Nothing. The caller reads the store and offers what it found under this lease.
    Miss(CacheLease),
}

/// The permission to fill a gap in a cache. An invalidation voids the leases that are out, so that a slow
/// reader cannot put an old value back (Nishtala et al., "Scaling Memcache at Facebook", section 3.2.1).
///
/// A cache that stands before another one carries the lease of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLease {
    stamp: u64,
    nearer: u64,
}

impl CacheLease {
    /// A lease that a cache hands out; the number means something to that cache alone.
    pub const fn new(stamp: u64) -> Self {
        Self { stamp, nearer: 0 }
    }

    /// The number it was made with.
    pub const fn stamp(self) -> u64 {
        self.stamp
    }

    /// This lease, together with that of a nearer cache which has one layer only.
    #[must_use]
    pub const fn with_nearer(self, nearer: Self) -> Self {
        Self { stamp: self.stamp, nearer: nearer.stamp }
    }

    /// The lease of the nearer cache.
    #[must_use]
    pub const fn nearer(self) -> Self {
        Self::new(self.nearer)
    }
}

/// Keeps products and pages of products close by, for five minutes at most.
///
/// A cache never fails: one that cannot be reached has nothing and keeps nothing.
#[async_trait]
pub trait ProductCache: Send + Sync {
    /// What it has for a product.
    async fn product(&self, id: ProductId) -> ProductLookup<Arc<Product>>;

    /// Takes a live product over, unless the lease was voided since.
    async fn put_product(&self, lease: CacheLease, product: &Arc<Product>);

    /// What it has for a page.
    async fn page(&self, query: &ProductQuery) -> ProductLookup<Arc<Page<Arc<Product>>>>;

    /// Takes a page over, unless the lease was voided since.
    async fn put_page(
        &self,
        lease: CacheLease,
        query: &ProductQuery,
        page: &Arc<Page<Arc<Product>>>,
    );

    /// Forgets these products and every page. When it returns, this process MUST NOT serve what it had,
    /// and leases handed out before are void; other processes follow within a second.
    async fn invalidate(&self, products: &[ProductId]);

    /// Forgets every product and every page, as [`Self::invalidate`] does for some: for when nobody knows
    /// what has changed.
    async fn invalidate_all(&self);
}

/// Product reads through a cache, and every change of a product, by staff or by orders, made known to it.
///
/// It stands before the product store and before the order store, since orders change stock. A change is
/// made known before it is acknowledged; so that a caller who goes away in between cannot prevent that,
/// wrap this in something that runs every change to its end.
pub struct CachedProducts<S: ?Sized> {
    store: Arc<S>,
    cache: Arc<dyn ProductCache>,
}

impl<S: ?Sized> Clone for CachedProducts<S> {
    /// Another handle on the same cache before the same store.
    fn clone(&self) -> Self {
        Self { store: Arc::clone(&self.store), cache: Arc::clone(&self.cache) }
    }
}

impl<S: ?Sized> CachedProducts<S> {
    /// Puts a cache before a store.
    pub fn new(store: Arc<S>, cache: Arc<dyn ProductCache>) -> Self {
        Self { store, cache }
    }
}

#[async_trait]
impl<S: ProductStore + ?Sized> ProductStore for CachedProducts<S> {
    async fn create(
        &self,
        product: NewProduct,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Arc<Product>, StoreError> {
        let created = self.store.create(product, actor, now).await;
        let ids: Vec<_> = created.iter().map(|product| product.id).collect();
        self.cache.invalidate(&ids).await;
        created
    }

    async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        match self.cache.product(id).await {
            ProductLookup::Hit(product) => Ok(Some(product)),
            ProductLookup::Miss(lease) => {
                let found = self.store.find(id).await?;
                if let Some(product) = &found {
                    self.cache.put_product(lease, product).await;
                }
                Ok(found)
            }
        }
    }

    async fn list(&self, query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        match self.cache.page(query).await {
            ProductLookup::Hit(page) => Ok(page),
            ProductLookup::Miss(lease) => {
                let page = self.store.list(query).await?;
                self.cache.put_page(lease, query, &page).await;
                Ok(page)
            }
        }
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
        // A failed store may have committed all the same; forgetting too much is safe.
        if matches!(changed, Ok(_) | Err(ChangeProductError::Store(_))) {
            self.cache.invalidate(&[id]).await;
        }
        changed
    }
}

#[async_trait]
impl<S: OrderStore + ?Sized> OrderStore for CachedProducts<S> {
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        let mut touched: Vec<_> = orders.iter().flat_map(NewOrder::products).collect();
        touched.sort_unstable();
        touched.dedup();
        let placed = self.store.place(orders).await;
        // One that was placed before counts as well: whoever placed it may have died before it was known.
        let changed =
            placed.iter().any(|result| matches!(result, Ok(_) | Err(PlaceError::Store(_))));
        if changed && !touched.is_empty() {
            self.cache.invalidate(&touched).await;
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
        let changed = self.store.execute(id, command, expected, actor, now).await;
        if !command.may_return_stock() {
            return changed;
        }
        match &changed {
            Ok(order) => {
                let products: Vec<_> = order.product_ids().collect();
                if !products.is_empty() {
                    self.cache.invalidate(&products).await;
                }
            }
            // It may have been committed all the same, and which products it names is not known here.
            Err(ExecuteOrderError::Store(_)) => self.cache.invalidate_all().await,
            Err(_refused) => {}
        }
        changed
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.store.find(id).await
    }

    async fn list(&self, query: &OrderQuery) -> Result<Page<Order>, StoreError> {
        self.store.list(query).await
    }

    async fn search(&self, search: &OrderSearch) -> Result<Vec<Order>, StoreError> {
        self.store.search(search).await
    }

    async fn events(&self, id: OrderId) -> Result<Vec<OrderEvent>, StoreError> {
        self.store.events(id).await
    }
}
