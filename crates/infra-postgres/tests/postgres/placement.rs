//! Orders that are placed in one batch, and by two processes at once.

use std::{collections::HashSet, pin::Pin, sync::Arc, task::Poll, time::Duration};

use domain::{
    OrderId, StoreError, UserId,
    account::Account,
    order::{
        NewOrder, PlaceRefusal,
        port::{OrderFilter, OrderWrites as _, PlaceError, Placement},
    },
};
use infra_postgres::{PlacementOptions, PostgresOptions, PostgresStore};
use port_contracts::{ShopFixture, StoreFixture as _, Stores, builders, findings, race};
use test_services::CommitProxy;
use tokio::task::JoinHandle;

use crate::fixture::{Database, TestStore, options};

/// An account that does not exist: its orders violate a foreign key.
fn unknown_account(account: &Account) -> Account {
    Account { id: UserId::new(4_711), ..account.clone() }
}

pub(crate) type PlacementTask = JoinHandle<Result<Placement, PlaceError>>;

/// Places an order in a separate task.
pub(crate) fn place(store: &Arc<PostgresStore>, order: NewOrder) -> PlacementTask {
    let store = Arc::clone(store);
    tokio::spawn(async move { store.place(vec![order]).await.remove(0) })
}

/// Polls once. Returns whether the future is pending.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> bool {
    std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context).is_pending()))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_the_database_rejects_fails_no_other_of_its_batch() {
    let (fixture, shop) = ShopFixture::on(TestStore::open().await).await;
    let chair = shop.product("Chair", 1_000).await;
    let (operator, observer) =
        (fixture.database.operator().await, fixture.database.operator().await);
    // The first order waits for this lock, and all others for the first: so the others share a
    // batch.
    operator.batch_execute("BEGIN; SELECT FROM products FOR UPDATE").await.unwrap();
    let first = builders::order(&shop.customer).with_line(chair.id, 2).build();
    let first = place(&fixture.store, first);
    fixture.database.until_a_session_is_blocked(&observer).await;
    let others: Vec<_> = (0..40)
        .map(|number| {
            let account = if number % 7 == 3 {
                unknown_account(&shop.customer)
            } else {
                shop.customer.clone()
            };
            place(&fixture.store, builders::order(&account).with_line(chair.id, 2).build())
        })
        .collect();
    operator.batch_execute("ROLLBACK").await.unwrap();
    first.await.unwrap().unwrap();
    let mut placed: i64 = 1;
    for (number, other) in others.into_iter().enumerate() {
        let result = other.await.unwrap();
        if number % 7 == 3 {
            let broken = matches!(result, Err(PlaceError::Store(StoreError::Broken(_))));
            assert!(broken, "{result:?}");
        } else {
            assert!(!result.unwrap().replayed);
            placed += 1;
        }
    }
    assert_eq!(shop.stock(chair.id).await, 1_000 - 2 * placed);
    assert_eq!(fixture.findings().await, []);
}

#[tokio::test]
async fn an_order_whose_caller_drops_the_call_is_placed_nevertheless() {
    let (fixture, shop) = ShopFixture::on(TestStore::open().await).await;
    let order = builders::free_form(&shop.customer, "A cake").build();
    let mut placing = fixture.store.place(vec![order]);
    // The first poll queues it; then the caller drops the call.
    assert!(poll_once(&mut placing).await);
    drop(placing);
    fixture.store.close().await;
    let reopened = fixture.database.store().await;
    let shop = ShopFixture { stores: Stores::of(&reopened), ..shop };
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_queued_before_closing_are_placed() {
    let (fixture, shop) = ShopFixture::on(TestStore::open().await).await;
    let mut placing: Vec<_> = (0..50)
        .map(|_| fixture.store.place(vec![builders::free_form(&shop.customer, "A cake").build()]))
        .collect();
    for order in &mut placing {
        assert!(poll_once(order).await);
    }
    let (results, ()) =
        futures::future::join(futures::future::join_all(placing), fixture.store.close()).await;
    assert!(results.iter().flatten().all(Result::is_ok), "{results:?}");

    let late =
        fixture.store.place(vec![builders::free_form(&shop.customer, "Late").build(); 2]).await;
    assert_eq!(late.len(), 2);
    for result in late {
        assert!(matches!(result, Err(PlaceError::Store(StoreError::Unavailable(_)))));
    }
    let reopened = fixture.database.store().await;
    let shop = ShopFixture { stores: Stores::of(&reopened), ..shop };
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_makes_callers_wait_and_loses_no_order() {
    let placements =
        PlacementOptions { max_batch: 2, in_flight: 1, queue: 1, ..PlacementOptions::default() };
    let (_fixture, shop) =
        ShopFixture::on(TestStore::open_with(PostgresOptions { placements, ..options() }).await)
            .await;
    race(100, |_| {
        let shop = shop.clone();
        async move { shop.place(builders::free_form(&shop.customer, "A cake").build()).await }
    })
    .await;
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_for_other_products_do_not_wait_for_a_locked_product() {
    let (fixture, shop) = ShopFixture::on(TestStore::open().await).await;
    let (chair, lamp) = (shop.product("Chair", 10).await, shop.product("Lamp", 10).await);
    let (operator, observer) =
        (fixture.database.operator().await, fixture.database.operator().await);
    let lock = format!("BEGIN; SELECT FROM products WHERE id = {} FOR UPDATE", chair.id);
    operator.batch_execute(&lock).await.unwrap();
    let chair = |quantity| builders::order(&shop.customer).with_line(chair.id, quantity).build();
    let waiting: Vec<PlacementTask> = (0..20).map(|_| place(&fixture.store, chair(1))).collect();
    fixture.database.until_a_session_is_blocked(&observer).await;
    for _ in 0..10 {
        shop.place(builders::order(&shop.customer).with_line(lamp.id, 1).build()).await;
    }
    assert!(waiting.iter().all(|order| !order.is_finished()));
    operator.batch_execute("ROLLBACK").await.unwrap();
    let mut placed = 0;
    for order in waiting {
        placed += i64::from(order.await.unwrap().is_ok());
    }
    assert_eq!(placed, 10, "as many as there were in stock");
    assert_eq!(fixture.findings().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_sell_exactly_the_stock() {
    const BUYERS: usize = 64;
    const ORDERS: usize = 5_000;
    const STOCK: i64 = 1_000;
    let fixture = TestStore::open().await;
    let processes = [fixture.store.clone(), fixture.database.store().await];
    let shop = ShopFixture::open(fixture.stores()).await;
    let lamp = shop.product("Lamp", STOCK).await;
    let bought = race(2 * BUYERS, |buyer| {
        let shop = ShopFixture { stores: Stores::of(&processes[buyer % 2]), ..shop.clone() };
        let lamp = lamp.id;
        async move {
            let mut placed = Vec::new();
            for _ in (buyer..ORDERS).step_by(2 * BUYERS) {
                let order = builders::order(&shop.customer).with_line(lamp, 1).build();
                match shop.try_place(order).await {
                    Ok(placement) => placed.push(placement.order.id()),
                    Err(PlaceError::Refused(PlaceRefusal::InsufficientStock { .. })) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
            placed
        }
    })
    .await;
    let numbers: Vec<OrderId> = bought.into_iter().flatten().collect();
    let distinct: HashSet<_> = numbers.iter().collect();
    assert_eq!((numbers.len(), distinct.len()), (1_000, 1_000));
    assert_eq!(shop.stock(lamp.id).await, 0);
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 1_000);
    assert_eq!(fixture.findings().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_idempotency_key_sent_to_two_processes_places_one_order() {
    const RACERS: usize = 16;
    let fixture = TestStore::open().await;
    let processes = [fixture.store.clone(), fixture.database.store().await];
    let shop = ShopFixture::open(fixture.stores()).await;
    for round in 0..20 {
        let key = format!("key {round}");
        // A free-form order, so no product is locked before the key is written.
        let new = builders::free_form(&shop.customer, "A cake").with_key(&key).build();
        let placements = race(RACERS, |racer| {
            let shop = ShopFixture { stores: Stores::of(&processes[racer % 2]), ..shop.clone() };
            let new = new.clone();
            let other = builders::free_form(&shop.customer, "Another").build();
            async move {
                let mut results = shop.stores.orders.place(vec![new, other]).await;
                assert!(
                    !results.remove(1).unwrap().replayed,
                    "the other order of the call has no key"
                );
                results.remove(0).unwrap()
            }
        })
        .await;
        let numbers: HashSet<_> = placements.iter().map(|placed| placed.order.id()).collect();
        assert_eq!(numbers.len(), 1, "{placements:?}");
        assert_eq!(placements.iter().filter(|placed| !placed.replayed).count(), 1);
    }
    let all = shop.count_orders(OrderFilter::default()).await;
    assert_eq!(all, 20 * (1 + u64::try_from(RACERS).unwrap()));
    assert_eq!(fixture.findings().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_whose_commit_was_not_answered_are_recognized_as_placed() {
    let database = Database::migrated().await;
    let proxy = CommitProxy::in_front_of(&database.url()).await;
    let store = Arc::new(PostgresStore::open(proxy.url(), options()).await.unwrap());
    let shop = ShopFixture::open(Stores::of(&store)).await;
    let chair = shop.product("Chair", 10).await;
    for round in 0..3 {
        proxy.cut_behind_next_commit();
        let order = builders::order(&shop.customer).with_line(chair.id, 1).build();
        let refused = builders::order(&shop.customer).with_line(chair.id, 99).build();
        let mut results = store.place(vec![order, refused]).await;
        assert!(matches!(results.remove(1), Err(PlaceError::Refused(_))));
        let placed = results.remove(0).unwrap();
        assert!(!placed.replayed);
        assert_eq!(shop.order(placed.order.id()).await, Some(placed.order));
        assert_eq!(shop.stock(chair.id).await, 9 - round);
    }
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 3);
    assert_eq!(findings(store.as_ref()).await, []);
}

#[tokio::test]
async fn placing_waits_for_a_lock_up_to_the_lock_timeout() {
    let (TestStore { database, .. }, shop) = ShopFixture::on(
        TestStore::open_with(PostgresOptions {
            lock_timeout: Duration::from_millis(200),
            ..options()
        })
        .await,
    )
    .await;
    let chair = shop.product("Chair", 10).await;
    let order = builders::order(&shop.customer).with_line(chair.id, 1).build();
    let operator = database.operator().await;
    operator.batch_execute("BEGIN; SELECT FROM products FOR UPDATE").await.unwrap();
    let placed = shop.try_place(order.clone()).await;
    let unavailable = matches!(placed, Err(PlaceError::Store(StoreError::Unavailable(_))));
    assert!(unavailable, "{placed:?}");
    operator.batch_execute("ROLLBACK").await.unwrap();
    shop.place(order).await;
    assert_eq!(shop.stock(chair.id).await, 9);
}
