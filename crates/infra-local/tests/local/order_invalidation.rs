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
    Currency, Page, PersonName, Price, ProductId, ProductName, Quantity, Revision, Stock,
    StoreError, Timestamp, UserId, Version,
    account::{Account, Actor, EmailAddress, Role},
    order::{
        LineRequests, NewOrder, Order, OrderCommand, OrderEvent, OrderId, OrderRefusal,
        OrderStatus, PlaceRefusal,
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
impl ProductReads for Answering {
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
}

#[async_trait]
impl ProductWrites for Answering {
    async fn create(
        &self,
        _: NewProduct,
        _: Actor,
        _: Timestamp,
    ) -> Result<Arc<Product>, StoreError> {
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
impl OrderReads for Answering {
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

#[async_trait]
impl OrderWrites for Answering {
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
}

/// Orders over a store, and its products behind a cache that has the lamp.
async fn shop(store: &Arc<Answering>) -> (OrderService, CachedProducts) {
    let cache = Arc::new(LocalProductCache::new(LocalCacheOptions::default()));
    let products = CachedProducts::new(store.clone(), store.clone(), cache);
    products.find(LAMP).await.unwrap();
    let clock = Arc::new(SystemClock);
    let orders = OrderService::new(store.clone(), clock, Currency::EUR);
    (orders.with_cached_products(products.clone()), products)
}

/// How often the store is read by three reads of the lamp from now on.
async fn reads(store: &Answering, products: &CachedProducts) -> usize {
    let before = store.reads.load(Ordering::SeqCst);
    for _ in 0..3 {
        products.find(LAMP).await.unwrap();
    }
    store.reads.load(Ordering::SeqCst) - before
}

/// How often the store is read by three reads after this command got this answer.
async fn reads_after(command: OrderCommand, answer: ExecuteOrderError) -> usize {
    let store = Arc::new(Answering::new(answer, away().into()));
    let (orders, products) = shop(&store).await;
    let admin = Actor::new(UserId::new(1), Role::Admin);
    orders.execute(OrderId::new(1), command, None, admin).await.unwrap_err();
    reads(&store, &products).await
}

/// How often the store is read by three reads after an order for that many lamps got this answer.
async fn reads_after_placement(units: i64, answer: PlaceError) -> usize {
    let store = Arc::new(Answering::new(away().into(), answer));
    let (orders, products) = shop(&store).await;
    let lines = LineRequests::one(LAMP, Quantity::new(units).unwrap());
    let ann = Account {
        id: UserId::new(1),
        name: PersonName::parse("Ann").unwrap(),
        email: EmailAddress::parse("ann@example.com").unwrap(),
        role: Role::User,
        created_at: Timestamp::UNIX_EPOCH,
    };
    orders.place(&ann, lines, PlacementRequest::default()).await.unwrap_err();
    reads(&store, &products).await
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
