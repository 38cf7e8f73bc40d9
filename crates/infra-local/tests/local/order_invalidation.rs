//! How failed commands on orders and failed placements affect the product cache.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    Currency, ExpectedVersions, Page, PersonName, Price, ProductId, ProductName, Quantity,
    Revision, Stock, StoreError, Timestamp, UserId, Version,
    account::{Account, Actor, EmailAddress, Role},
    order::{
        IdempotencyKey, LineRequests, NewOrder, Order, OrderCommand, OrderEvent, OrderId,
        OrderRefusal, OrderStatus, PlaceRefusal,
        port::{
            ExecuteOrderError, OrderQuery, OrderReads, OrderSearch, OrderWrites, PlaceError,
            Placement,
        },
        service::{OrderService, PlacementRequest},
    },
    product::{
        CachedProducts, NewProduct, Product, ProductCommand,
        port::{ChangeProductError, ProductQuery, ProductReads, ProductWrites},
    },
};
use infra_local::{LocalCacheOptions, LocalProductCache, SystemClock};

const LAMP: ProductId = ProductId::new(7);

/// A store with a lamp, in which every command on an order and every placement fails with these
/// errors.
struct FailingOrders {
    execute_error: ExecuteOrderError,
    place_error: PlaceError,
    reads: AtomicUsize,
}

impl FailingOrders {
    fn new(execute_error: ExecuteOrderError, place_error: PlaceError) -> Self {
        Self { execute_error, place_error, reads: AtomicUsize::new(0) }
    }
}

fn unavailable() -> StoreError {
    StoreError::unavailable(io::Error::other("the connection was lost"))
}

fn commit_unknown() -> StoreError {
    StoreError::commit_unknown(io::Error::other("the connection was lost"))
}

#[async_trait]
impl ProductReads for FailingOrders {
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
        Err(unavailable())
    }
}

#[async_trait]
impl ProductWrites for FailingOrders {
    async fn create(
        &self,
        _: NewProduct,
        _: Actor,
        _: Timestamp,
    ) -> Result<Arc<Product>, StoreError> {
        Err(unavailable())
    }

    async fn execute(
        &self,
        _: ProductId,
        _: &ProductCommand,
        _: &ExpectedVersions,
        _: Actor,
        _: Timestamp,
    ) -> Result<Arc<Product>, ChangeProductError> {
        Err(unavailable().into())
    }

    async fn await_open_transactions(&self) -> Result<(), StoreError> {
        std::future::pending().await
    }
}

#[async_trait]
impl OrderReads for FailingOrders {
    async fn find(&self, _: OrderId) -> Result<Option<Order>, StoreError> {
        Err(unavailable())
    }

    async fn find_with_deleted(&self, _: OrderId) -> Result<Option<Order>, StoreError> {
        Err(unavailable())
    }

    async fn list(&self, _: &OrderQuery) -> Result<Page<Order>, StoreError> {
        Err(unavailable())
    }

    async fn is_key_used(&self, _: UserId, _: &IdempotencyKey) -> Result<bool, StoreError> {
        Err(unavailable())
    }

    async fn search(&self, _: &OrderSearch) -> Result<Vec<Order>, StoreError> {
        Err(unavailable())
    }

    async fn events(&self, _: OrderId) -> Result<Vec<OrderEvent>, StoreError> {
        Err(unavailable())
    }
}

#[async_trait]
impl OrderWrites for FailingOrders {
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        orders.iter().map(|_| Err(self.place_error.clone())).collect()
    }

    async fn execute(
        &self,
        _: OrderId,
        _: &OrderCommand,
        _: &ExpectedVersions,
        _: Actor,
        _: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        Err(self.execute_error.clone())
    }
}

/// An order service on the store, and the store's products behind a cache that contains the lamp.
async fn shop(store: &Arc<FailingOrders>) -> (OrderService, CachedProducts) {
    let cache = Arc::new(LocalProductCache::new(LocalCacheOptions::default()));
    let products = CachedProducts::new(store.clone(), store.clone(), cache);
    products.find(LAMP).await.unwrap();
    let clock = Arc::new(SystemClock);
    let orders = OrderService::new(store.clone(), clock, Currency::EUR);
    (orders.with_cached_products(products.clone()), products)
}

/// How many of the next three reads of the lamp reach the store.
async fn reads(store: &FailingOrders, products: &CachedProducts) -> usize {
    let before = store.reads.load(Ordering::SeqCst);
    for _ in 0..3 {
        products.find(LAMP).await.unwrap();
    }
    store.reads.load(Ordering::SeqCst) - before
}

/// How many of three reads reach the store after this command failed with this error.
async fn reads_after(command: OrderCommand, error: ExecuteOrderError) -> usize {
    let store = Arc::new(FailingOrders::new(error, unavailable().into()));
    let (orders, products) = shop(&store).await;
    let admin = Actor::new(UserId::new(1), Role::Admin);
    orders.execute(OrderId::new(1), command, &ExpectedVersions::Any, admin).await.unwrap_err();
    reads(&store, &products).await
}

/// How many of three reads reach the store after an order for this many lamps failed with this
/// error.
async fn reads_after_placement(units: i64, error: PlaceError) -> usize {
    let store = Arc::new(FailingOrders::new(unavailable().into(), error));
    let (orders, products) = shop(&store).await;
    let lines = LineRequests::one(LAMP, Quantity::new(units).unwrap());
    let ann = Account {
        id: UserId::new(1),
        name: PersonName::parse("Ann").unwrap(),
        email: EmailAddress::parse("ann@example.com").unwrap(),
        email_verified_at: None,
        pending_email: None,
        role: Role::User,
        created_at: Timestamp::UNIX_EPOCH,
    };
    orders.place(&ann, lines, PlacementRequest::default()).await.unwrap_err();
    reads(&store, &products).await
}

#[tokio::test]
async fn a_cancellation_that_fails_in_the_store_invalidates_the_cache() {
    assert_eq!(reads_after(OrderCommand::Cancel, unavailable().into()).await, 1);
    assert_eq!(reads_after(OrderCommand::Delete, unavailable().into()).await, 1);
}

#[tokio::test]
async fn a_cancellation_of_unknown_outcome_suspends_the_cache() {
    assert_eq!(reads_after(OrderCommand::Cancel, commit_unknown().into()).await, 3);
    assert_eq!(reads_after(OrderCommand::Delete, commit_unknown().into()).await, 3);
}

#[tokio::test]
async fn a_transition_that_changes_no_stock_leaves_the_cache_unchanged() {
    let ship = OrderCommand::ChangeStatus { to: OrderStatus::Shipped };
    assert_eq!(reads_after(ship, commit_unknown().into()).await, 0);
}

#[tokio::test]
async fn a_refused_cancellation_leaves_the_cache_unchanged() {
    let refused = ExecuteOrderError::Refused(OrderRefusal::NotOwner);
    assert_eq!(reads_after(OrderCommand::Cancel, refused).await, 0);
    assert_eq!(reads_after(OrderCommand::Cancel, ExecuteOrderError::NotFound).await, 0);
}

#[tokio::test]
async fn a_placement_of_unknown_outcome_suspends_its_products() {
    assert_eq!(reads_after_placement(1, commit_unknown().into()).await, 3);
}

#[tokio::test]
async fn a_refused_placement_invalidates_a_product_only_if_it_contradicts_the_cache() {
    let insufficient = |units: i64| PlaceRefusal::InsufficientStock {
        product: LAMP,
        requested: Quantity::new(units).unwrap(),
        available: Stock::EMPTY,
    };
    assert_eq!(
        reads_after_placement(5, insufficient(5).into()).await,
        1,
        "the cached stock is five"
    );
    assert_eq!(
        reads_after_placement(6, insufficient(6).into()).await,
        0,
        "the cached stock is below six"
    );
    let gone = PlaceRefusal::ProductNotFound { product: LAMP };
    assert_eq!(reads_after_placement(1, gone.into()).await, 1);
}
