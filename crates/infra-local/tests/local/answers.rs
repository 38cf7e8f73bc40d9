//! What the answer to a command on an order, or to a placement, means for what is cached.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    Currency, CustomerName, Page, Price, ProductId, ProductName, Quantity, Revision, Stock,
    StoreError, Timestamp, UserId, Version,
    account::{Actor, Role},
    order::{
        LineRequest, LineRequests, NewOrder, Order, OrderCommand, OrderEvent, OrderId,
        OrderRefusal, OrderStatus, PlaceRefusal, RequestedContent,
        port::{ExecuteOrderError, OrderQuery, OrderSearch, OrderStore, PlaceError, Placement},
    },
    product::{
        CachedProducts, NewProduct, Product, ProductCommand,
        port::{ChangeProductError, ProductQuery, ProductStore},
    },
};
use infra_local::{LocalCacheOptions, LocalProductCache};

const LAMP: ProductId = ProductId::new(7);

/// A store with a lamp, which answers every command on an order and every placement with this.
struct Answering {
    executed: ExecuteOrderError,
    placed: PlaceError,
    reads: AtomicUsize,
}

impl Answering {
    fn new(executed: ExecuteOrderError, placed: PlaceError) -> Self {
        Self { executed, placed, reads: AtomicUsize::new(0) }
    }
}

fn away() -> StoreError {
    StoreError::unavailable(io::Error::other("the connection was lost"))
}

fn unknown() -> StoreError {
    StoreError::commit_unknown(io::Error::other("the connection was lost"))
}

#[async_trait]
impl ProductStore for Answering {
    async fn create(
        &self,
        _: NewProduct,
        _: Actor,
        _: Timestamp,
    ) -> Result<Arc<Product>, StoreError> {
        Err(away())
    }

    async fn find(&self, id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        Ok(Some(Arc::new(Product {
            id,
            name: ProductName::parse("Lamp").unwrap(),
            description: None,
            price: Price::from_minor(1_990).unwrap(),
            stock: Stock::restore(5).unwrap(),
            version: Version::FIRST,
            revision: Revision::FIRST,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            deleted_at: None,
        })))
    }

    async fn list(&self, _: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        Err(away())
    }

    async fn execute(
        &self,
        _: ProductId,
        _: &ProductCommand,
        _: Option<Version>,
        _: Actor,
        _: Timestamp,
    ) -> Result<Arc<Product>, ChangeProductError> {
        Err(away().into())
    }

    async fn await_open_transactions(&self) -> Result<(), StoreError> {
        std::future::pending().await
    }
}

#[async_trait]
impl OrderStore for Answering {
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        orders.iter().map(|_| Err(self.placed.clone())).collect()
    }

    async fn execute(
        &self,
        _: OrderId,
        _: &OrderCommand,
        _: Option<Version>,
        _: Actor,
        _: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        Err(self.executed.clone())
    }

    async fn find(&self, _: OrderId) -> Result<Option<Order>, StoreError> {
        Err(away())
    }

    async fn list(&self, _: &OrderQuery) -> Result<Page<Order>, StoreError> {
        Err(away())
    }

    async fn search(&self, _: &OrderSearch) -> Result<Vec<Order>, StoreError> {
        Err(away())
    }

    async fn events(&self, _: OrderId) -> Result<Vec<OrderEvent>, StoreError> {
        Err(away())
    }
}

/// The store behind a cache that has the lamp.
async fn cached(store: Answering) -> (Arc<Answering>, CachedProducts<Answering>) {
    let cache = Arc::new(LocalProductCache::new(LocalCacheOptions::default()));
    let store = Arc::new(store);
    let cached = CachedProducts::new(Arc::clone(&store), cache);
    ProductStore::find(&cached, LAMP).await.unwrap();
    (store, cached)
}

/// How often the store is read by so many reads of the lamp from now on.
async fn reads(store: &Answering, cached: &CachedProducts<Answering>, reads: usize) -> usize {
    let before = store.reads.load(Ordering::SeqCst);
    for _ in 0..reads {
        ProductStore::find(cached, LAMP).await.unwrap();
    }
    store.reads.load(Ordering::SeqCst) - before
}

/// How often the store is read by three reads after this command got this answer.
async fn reads_after(command: OrderCommand, answer: ExecuteOrderError) -> usize {
    let (store, cached) = cached(Answering::new(answer, away().into())).await;
    let admin = Actor::new(UserId::new(1), Role::Admin);
    let (order, now) = (OrderId::new(1), Timestamp::UNIX_EPOCH);
    OrderStore::execute(&cached, order, &command, None, admin, now).await.unwrap_err();
    reads(&store, &cached, 3).await
}

/// How often the store is read by three reads after an order for that many lamps got this answer.
async fn reads_after_placement(units: i64, answer: PlaceError) -> usize {
    let (store, cached) = cached(Answering::new(away().into(), answer)).await;
    let line = LineRequest { product: LAMP, quantity: Quantity::new(units).unwrap() };
    let order = NewOrder {
        placed_by: UserId::new(1),
        customer: CustomerName::parse("Ann").unwrap(),
        content: RequestedContent::Products(LineRequests::new(vec![line]).unwrap()),
        currency: Currency::EUR,
        idempotency: None,
        placed_at: Timestamp::UNIX_EPOCH,
        trace: None,
    };
    cached.place(vec![order]).await;
    reads(&store, &cached, 3).await
}

#[tokio::test]
async fn a_cancellation_that_the_store_failed_leaves_nothing_in_the_cache() {
    assert_eq!(reads_after(OrderCommand::Cancel, away().into()).await, 1);
    assert_eq!(reads_after(OrderCommand::Delete, away().into()).await, 1);
}

#[tokio::test]
async fn a_cancellation_whose_outcome_is_unknown_lets_nothing_into_the_cache_either() {
    assert_eq!(reads_after(OrderCommand::Cancel, unknown().into()).await, 3);
    assert_eq!(reads_after(OrderCommand::Delete, unknown().into()).await, 3);
}

#[tokio::test]
async fn a_step_that_touches_no_stock_leaves_the_cache_as_it_is() {
    let ship = OrderCommand::ChangeStatus { to: OrderStatus::Shipped };
    assert_eq!(reads_after(ship, unknown().into()).await, 0);
}

#[tokio::test]
async fn a_refused_cancellation_leaves_the_cache_as_it_is() {
    let refused = ExecuteOrderError::Refused(OrderRefusal::NotOwner);
    assert_eq!(reads_after(OrderCommand::Cancel, refused).await, 0);
    assert_eq!(reads_after(OrderCommand::Cancel, ExecuteOrderError::NotFound).await, 0);
}

#[tokio::test]
async fn a_placement_whose_outcome_is_unknown_keeps_its_products_out_of_the_cache() {
    assert_eq!(reads_after_placement(1, unknown().into()).await, 3);
}

#[tokio::test]
async fn a_refused_placement_drops_a_cached_product_only_if_it_proves_it_wrong() {
    let few = |units: i64| PlaceRefusal::InsufficientStock {
        product: LAMP,
        requested: Quantity::new(units).unwrap(),
        available: Stock::EMPTY,
    };
    assert_eq!(reads_after_placement(5, few(5).into()).await, 1, "there should be five");
    assert_eq!(reads_after_placement(6, few(6).into()).await, 0, "six were never there");
    let gone = PlaceRefusal::ProductNotFound { product: LAMP };
    assert_eq!(reads_after_placement(1, gone.into()).await, 1);
}
