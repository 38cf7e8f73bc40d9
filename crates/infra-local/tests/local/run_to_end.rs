//! A caller who goes away stops nothing; a change that panics is told.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use domain::{
    Currency, CustomerName, ItemName, Page, Price, ProductId, ProductName, Quantity, Revision,
    Stock, StoreError, Timestamp, UserId, Version,
    account::{Actor, Role},
    order::{
        FreeFormItem, NewOrder, Order, OrderCommand, OrderEvent, OrderId, RequestedContent,
        port::{ExecuteOrderError, OrderQuery, OrderSearch, OrderStore, PlaceError, Placement},
    },
    product::{
        CachedProducts, NewProduct, Product, ProductCommand,
        port::{ChangeProductError, ProductQuery, ProductStore},
    },
};
use futures::FutureExt as _;
use infra_local::{LocalCacheOptions, LocalProductCache, RunToEnd};
use tokio::sync::Semaphore;

/// A store of one product whose changes wait at a gate, commit, and wait at another before they return: as
/// a slow disk does.
struct Gated {
    before: Semaphore,
    after: Semaphore,
    committed: AtomicBool,
    returned: AtomicUsize,
    panics: bool,
}

impl Gated {
    fn closed() -> Self {
        Self {
            before: Semaphore::new(0),
            after: Semaphore::new(0),
            committed: AtomicBool::new(false),
            returned: AtomicUsize::new(0),
            panics: false,
        }
    }

    async fn change(&self) -> Arc<Product> {
        assert!(!self.panics, "the disk is on fire");
        self.before.acquire().await.unwrap().forget();
        self.committed.store(true, Ordering::SeqCst);
        self.after.acquire().await.unwrap().forget();
        self.returned.fetch_add(1, Ordering::SeqCst);
        product(2)
    }
}

fn product(version: i64) -> Arc<Product> {
    Arc::new(Product {
        id: ProductId::new(1),
        name: ProductName::parse("Lamp").unwrap(),
        description: None,
        price: Price::from_minor(1_990).unwrap(),
        stock: Stock::EMPTY,
        version: Version::new(version),
        revision: Revision::new(version),
        created_at: now(),
        updated_at: now(),
        deleted_at: None,
    })
}

fn now() -> Timestamp {
    "2025-06-15T16:00:00Z".parse().unwrap()
}

fn admin() -> Actor {
    Actor::new(UserId::new(1), Role::Admin)
}

fn order() -> NewOrder {
    NewOrder {
        placed_by: UserId::new(1),
        customer: CustomerName::parse("Ann").unwrap(),
        content: RequestedContent::FreeForm(FreeFormItem {
            name: ItemName::parse("Lamp").unwrap(),
            quantity: Quantity::ONE,
        }),
        currency: Currency::EUR,
        idempotency: None,
        placed_at: now(),
        trace: None,
    }
}

#[async_trait]
impl ProductStore for Gated {
    async fn create(
        &self,
        _product: NewProduct,
        _actor: Actor,
        _now: Timestamp,
    ) -> Result<Arc<Product>, StoreError> {
        Ok(self.change().await)
    }

    async fn find(&self, _id: ProductId) -> Result<Option<Arc<Product>>, StoreError> {
        Ok(Some(product(if self.committed.load(Ordering::SeqCst) { 2 } else { 1 })))
    }

    async fn list(&self, _query: &ProductQuery) -> Result<Arc<Page<Arc<Product>>>, StoreError> {
        Ok(Arc::new(Page { items: Vec::new(), total: 0, next: None }))
    }

    async fn execute(
        &self,
        _id: ProductId,
        _command: &ProductCommand,
        _expected: Option<Version>,
        _actor: Actor,
        _now: Timestamp,
    ) -> Result<Arc<Product>, ChangeProductError> {
        Ok(self.change().await)
    }

    async fn await_open_transactions(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl OrderStore for Gated {
    async fn place(&self, orders: Vec<NewOrder>) -> Vec<Result<Placement, PlaceError>> {
        self.change().await;
        orders.iter().map(|_| Err(PlaceError::PlacedAndDeleted)).collect()
    }

    async fn execute(
        &self,
        _id: OrderId,
        _command: &OrderCommand,
        _expected: Option<Version>,
        _actor: Actor,
        _now: Timestamp,
    ) -> Result<Order, ExecuteOrderError> {
        self.change().await;
        Err(ExecuteOrderError::NotFound)
    }

    async fn find(&self, _id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(None)
    }

    async fn list(&self, _query: &OrderQuery) -> Result<Page<Order>, StoreError> {
        Ok(Page { items: Vec::new(), total: 0, next: None })
    }

    async fn search(&self, _search: &OrderSearch) -> Result<Vec<Order>, StoreError> {
        Ok(Vec::new())
    }

    async fn events(&self, _id: OrderId) -> Result<Vec<OrderEvent>, StoreError> {
        Ok(Vec::new())
    }
}

/// Lets all tasks run until `done`.
async fn until(done: impl Fn() -> bool) {
    let waiting = async {
        while !done() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), waiting).await.expect("it happens");
}

#[tokio::test]
async fn a_change_whose_caller_goes_away_after_its_commit_is_made_known_to_the_cache() {
    let gated = Arc::new(Gated::closed());
    let cache = Arc::new(LocalProductCache::new(LocalCacheOptions::default()));
    let store = RunToEnd::new(Arc::new(CachedProducts::new(gated.clone(), cache)));
    let id = ProductId::new(1);
    assert_eq!(ProductStore::find(&store, id).await.unwrap(), Some(product(1)));

    let mut change =
        Box::pin(ProductStore::execute(&store, id, &ProductCommand::Delete, None, admin(), now()));
    assert!(change.as_mut().now_or_never().is_none());
    gated.before.add_permits(1);
    until(|| gated.committed.load(Ordering::SeqCst)).await;
    assert_eq!(ProductStore::find(&store, id).await.unwrap(), Some(product(1)), "it is cached");
    drop(change);
    gated.after.add_permits(1);

    until(|| gated.returned.load(Ordering::SeqCst) == 1).await;
    until(|| {
        let found = ProductStore::find(&store, id).now_or_never();
        found.is_some_and(|found| found.unwrap() == Some(product(2)))
    })
    .await;
}

#[tokio::test]
async fn a_change_whose_caller_goes_away_at_once_is_made_all_the_same() {
    let gated = Arc::new(Gated::closed());
    let store = RunToEnd::new(gated.clone());
    let new = NewProduct {
        name: ProductName::parse("Lamp").unwrap(),
        description: None,
        price: Price::from_minor(1_990).unwrap(),
        stock: Stock::EMPTY,
    };
    let command = OrderCommand::Cancel;
    assert!(store.create(new, admin(), now()).now_or_never().is_none());
    assert!(store.place(vec![order()]).now_or_never().is_none());
    let executed = OrderStore::execute(&store, OrderId::new(1), &command, None, admin(), now());
    assert!(executed.now_or_never().is_none());

    gated.before.add_permits(3);
    gated.after.add_permits(3);
    until(|| gated.returned.load(Ordering::SeqCst) == 3).await;
}

#[tokio::test]
async fn a_change_goes_on_though_its_callers_runtime_has_ended() {
    let gated = Arc::new(Gated::closed());
    let store = RunToEnd::new(gated.clone());
    let callers = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let command = ProductCommand::Delete;
        runtime.block_on(async {
            let id = ProductId::new(1);
            let change = ProductStore::execute(&store, id, &command, None, admin(), now());
            assert!(change.now_or_never().is_none());
        });
    });
    callers.join().unwrap();
    gated.before.add_permits(1);
    gated.after.add_permits(1);
    until(|| gated.returned.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn a_change_that_panics_is_a_broken_store_for_every_order_of_the_batch() {
    let store = RunToEnd::new(Arc::new(Gated { panics: true, ..Gated::closed() }));
    let placed = store.place(vec![order(), order()]).await;
    assert_eq!(placed.len(), 2);
    for result in placed {
        assert!(matches!(result, Err(PlaceError::Store(StoreError::Broken(_)))), "{result:?}");
    }
    let id = ProductId::new(1);
    let executed =
        ProductStore::execute(&store, id, &ProductCommand::Delete, None, admin(), now()).await;
    assert!(
        matches!(executed, Err(ChangeProductError::Store(StoreError::Broken(_)))),
        "{executed:?}"
    );
}
