//! A command whose outcome nobody knows may have changed any product: nothing that was cached is served then.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Page, Price, ProductId, ProductName, Revision, Stock, StoreError, Timestamp, UserId, Version,
    account::{Actor, Role},
    order::{
        NewOrder, Order, OrderCommand, OrderEvent, OrderId, OrderRefusal, OrderStatus,
        port::{ExecuteOrderError, OrderQuery, OrderSearch, OrderStore, PlaceError, Placement},
    },
    product::{CachedProducts, Product, ProductCache, ProductLookup},
};
use infra_local::{LocalCacheOptions, LocalProductCache};

/// A store that answers every command with this.
struct Answering(ExecuteOrderError);

fn away() -> StoreError {
    StoreError::unavailable(std::io::Error::other("the connection was lost"))
}

#[async_trait]
impl OrderStore for Answering {
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        orders.iter().map(|_| Err(away().into())).collect()
    }

    async fn execute(
        &self,
        _: OrderId,
        _: &OrderCommand,
        _: Option<Version>,
        _: Actor,
        _: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        Err(self.0.clone())
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

/// Whether a cached product is still served after this command got this answer.
async fn survives(command: OrderCommand, answer: ExecuteOrderError) -> bool {
    let cache = Arc::new(LocalProductCache::new(LocalCacheOptions::default()));
    let lamp = Arc::new(Product {
        id: ProductId::new(7),
        name: ProductName::parse("Lamp").unwrap(),
        description: None,
        price: Price::from_minor(1_990).unwrap(),
        stock: Stock::EMPTY,
        version: Version::FIRST,
        revision: Revision::FIRST,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        deleted_at: None,
    });
    let ProductLookup::Miss(lease) = cache.product(lamp.id).await else { panic!("it is empty") };
    cache.put_product(lease, &lamp).await;

    let orders = CachedProducts::new(Arc::new(Answering(answer)), cache.clone());
    let admin = Actor::new(UserId::new(1), Role::Admin);
    let (order, now) = (OrderId::new(1), Timestamp::UNIX_EPOCH);
    orders.execute(order, &command, None, admin, now).await.unwrap_err();
    cache.product(lamp.id).await == ProductLookup::Hit(lamp)
}

#[tokio::test]
async fn a_cancellation_whose_outcome_is_unknown_leaves_nothing_in_the_cache() {
    assert!(!survives(OrderCommand::Cancel, away().into()).await);
    assert!(!survives(OrderCommand::Delete, away().into()).await);
}

#[tokio::test]
async fn a_step_that_touches_no_stock_leaves_the_cache_as_it_is() {
    let ship = OrderCommand::ChangeStatus { to: OrderStatus::Shipped };
    assert!(survives(ship, away().into()).await);
}

#[tokio::test]
async fn a_refused_cancellation_leaves_the_cache_as_it_is() {
    let refused = ExecuteOrderError::Refused(OrderRefusal::NotOwner);
    assert!(survives(OrderCommand::Cancel, refused).await);
    assert!(survives(OrderCommand::Cancel, ExecuteOrderError::NotFound).await);
}
