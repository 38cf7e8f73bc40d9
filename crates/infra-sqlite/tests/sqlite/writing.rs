//! Writes that commit together do not affect each other.

use std::sync::Arc;

use domain::{
    StoreError, UserId,
    account::Account,
    order::port::{OrderFilter, OrderWrites as _, PlaceError},
};
use infra_sqlite::{SqliteOptions, SqliteStore, migrate};
use port_contracts::{ShopFixture, StoreFixture as _, Stores, builders};

use crate::fixture::Database;

/// An account that does not exist: its orders violate a foreign key.
fn unknown_account(account: &Account) -> Account {
    Account { id: UserId::new(4_711), ..account.clone() }
}

#[tokio::test]
async fn an_order_that_the_database_rejects_does_not_fail_others_in_its_batch() {
    let (database, shop) = ShopFixture::on(Database::migrated()).await;
    let chair = shop.product("Chair", 1_000).await;
    let placing: Vec<_> = (0..60)
        .map(|number| {
            let store = database.store();
            let customer = if number % 7 == 3 {
                unknown_account(&shop.customer)
            } else {
                shop.customer.clone()
            };
            let order = builders::order(&customer).with_line(chair.id, 2).build();
            tokio::spawn(async move { (number, store.place(vec![order]).await.remove(0)) })
        })
        .collect();
    let mut placed: i64 = 0;
    for task in placing {
        let (number, result) = task.await.unwrap();
        if number % 7 == 3 {
            let broken = matches!(result, Err(PlaceError::Store(StoreError::Broken(_))));
            assert!(broken, "{result:?}");
        } else {
            assert!(!result.unwrap().replayed);
            placed += 1;
        }
    }
    assert_eq!(shop.stock(chair.id).await, 1_000 - 2 * placed);
    assert_eq!(database.findings().await, []);
}

#[tokio::test]
async fn a_queued_order_is_placed_though_its_caller_stopped_waiting() {
    let (database, shop) = ShopFixture::on(Database::migrated()).await;
    let store = database.store();
    let order = builders::free_form(&shop.customer, "A cake").build();
    let mut placing = Box::pin(store.place(vec![order]));
    // The first poll queues the order; then its caller stops waiting.
    assert!(poll_once(&mut placing).await);
    drop(placing);
    // A write that is queued later runs later.
    shop.register("later@example.com").await;
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 1);
}

/// Polls once. Returns whether the future is pending.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> bool {
    std::future::poll_fn(|context| {
        let pending = std::pin::Pin::new(&mut *future).poll(context).is_pending();
        std::task::Poll::Ready(pending)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_makes_callers_wait_and_loses_no_order() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oms.db");
    migrate(&path).unwrap();
    let options = SqliteOptions { queue: 1, max_batch: 2, ..SqliteOptions::default() };
    let store = Arc::new(SqliteStore::open(&path, options).unwrap());
    let shop = ShopFixture::open(Stores::of(&store)).await;
    let placing: Vec<_> = (0..100)
        .map(|_| {
            let store = Arc::clone(&store);
            let order = builders::free_form(&shop.customer, "A cake").build();
            tokio::spawn(async move { store.place(vec![order]).await.remove(0).unwrap() })
        })
        .collect();
    for task in placing {
        task.await.unwrap();
    }
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 100);
}

#[tokio::test]
async fn a_batch_with_more_rows_than_one_statement_can_bind_is_placed_completely() {
    let (database, shop) = ShopFixture::on(Database::migrated()).await;
    let chair = shop.product("Chair", 1_000_000).await;
    let mut order = builders::order(&shop.customer);
    for _ in 0..90 {
        order = order.with_line(chair.id, 1);
    }
    let orders = vec![order.build(); 100];
    let results = shop.stores.orders.place(orders).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 100);
    assert_eq!(shop.stock(chair.id).await, 1_000_000 - 9_000);
    assert_eq!(database.findings().await, []);
}

#[tokio::test]
async fn an_empty_batch_has_no_results() {
    let database = Database::migrated();
    assert!(database.store().place(Vec::new()).await.is_empty());
}
