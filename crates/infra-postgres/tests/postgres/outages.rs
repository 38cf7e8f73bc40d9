//! Outages of the server, and lost answers: what callers notice, and what is committed.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    StoreError,
    account::port::ChangeAccountError,
    product::{
        ProductCommand, ProductUpdate,
        port::{ChangeProductError, ProductQuery, ProductReads, ProductWrites as _},
    },
};
use futures::FutureExt as _;
use infra_postgres::{PostgresStore, migrate};
use port_contracts::{ShopFixture, StoreFixture as _, Stores, builders, findings, race};
use test_services::{CommitProxy, Postgres, eventually};

use crate::fixture::{Database, TestStore, options, with_long_timeouts};

/// Whether a caller got the error that the store is unavailable.
pub(crate) fn is_unavailable<T, E: std::fmt::Debug>(
    result: &Result<T, E>,
    store: fn(&E) -> Option<&StoreError>,
) -> bool {
    let error = result.as_ref().err().and_then(store);
    matches!(error, Some(StoreError::Unavailable(_)))
}

/// The store error of a change of a product.
pub(crate) fn product_store_error(error: &ChangeProductError) -> Option<&StoreError> {
    match error {
        ChangeProductError::Store(error) => Some(error),
        _ => None,
    }
}

pub(crate) fn rename(name: &str) -> ProductCommand {
    let name = Some(builders::product_name(name));
    ProductCommand::Update(ProductUpdate { name, ..ProductUpdate::default() })
}

#[tokio::test]
async fn callers_do_not_notice_terminated_idle_connections() {
    let (TestStore { store, database }, shop) = ShopFixture::on(TestStore::open().await).await;
    let chair = shop.product("Chair", 1).await;
    let operator = database.operator().await;
    for round in 0..5 {
        // Concurrent reads, so that there are several connections.
        race(6, |_racer| {
            let (store, id) = (store.clone(), chair.id);
            async move { ProductReads::find(store.as_ref(), id).await.unwrap() }
        })
        .await;
        database.terminate_other_connections(&operator).await;
        let results = race(20, |racer| {
            let (shop, store, id) = (shop.clone(), store.clone(), chair.id);
            async move {
                if racer % 2 == 0 {
                    ProductReads::find(store.as_ref(), id).await.map(|found| found.is_some())
                } else {
                    let address = format!("user{round}-{racer}@example.com");
                    shop.register(&address).await;
                    Ok(true)
                }
            }
        })
        .await;
        assert!(results.iter().all(|found| matches!(found, Ok(true))), "{results:?}");
    }
    assert_eq!(findings(store.as_ref()).await, []);
}

#[tokio::test]
async fn a_store_works_again_after_a_restart_of_the_server() {
    let mut server = Postgres::start(&[]).await;
    let url = server.url();
    migrate(&url).await.unwrap();
    let store = Arc::new(PostgresStore::open(&url, options()).await.unwrap());
    let shop = ShopFixture::open(Stores::of(&store)).await;
    let chair = shop.product("Chair", 1).await;

    server.stop();
    let found = ProductReads::find(store.as_ref(), chair.id).await;
    assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
    let changed = shop.try_change_product(chair.id, &rename("Stool"), 1).await;
    assert!(is_unavailable(&changed, product_store_error), "{changed:?}");

    server.start_again().await;
    assert_eq!(shop.live_product(chair.id).await.name, builders::product_name("Chair"));
    shop.change_product(chair.id, &rename("Stool")).await;
}

#[tokio::test]
async fn while_no_server_answers_operations_fail_at_once_and_work_again_afterwards() {
    let database = Database::migrated().await;
    let proxy = CommitProxy::in_front_of(&database.url()).await;
    let store = Arc::new(PostgresStore::open(proxy.url(), with_long_timeouts()).await.unwrap());
    let shop = ShopFixture::open(Stores::of(&store)).await;
    let chair = shop.product("Chair", 1).await;

    proxy.set_silent(true);
    // The first ones wait until the silence is noticed, long before their timeouts.
    let found = race(5, |_racer| {
        let (store, id) = (store.clone(), chair.id);
        async move { ProductReads::find(store.as_ref(), id).await }
    });
    for found in found.await {
        assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
    }
    for _later in 0..100 {
        let found = ProductReads::find(store.as_ref(), chair.id).now_or_never();
        assert!(matches!(found, Some(Err(StoreError::Unavailable(_)))), "{found:?}");
    }
    let changed = shop.try_change_product(chair.id, &rename("Stool"), 1).await;
    assert!(is_unavailable(&changed, product_store_error), "{changed:?}");

    proxy.set_silent(false);
    eventually("the store works again", async || {
        ProductReads::find(store.as_ref(), chair.id).await.is_ok()
    })
    .await;
    shop.change_product(chair.id, &rename("Sofa")).await;
    assert_eq!(findings(store.as_ref()).await, []);
}

#[tokio::test]
async fn a_long_wait_for_a_lock_is_not_taken_for_silence() {
    let (TestStore { store, database }, shop) =
        ShopFixture::on(TestStore::open_with(with_long_timeouts()).await).await;
    let chair = shop.product("Chair", 1).await.id;
    let (operator, observer) = (database.operator().await, database.operator().await);
    operator.batch_execute("BEGIN; SELECT FROM products FOR UPDATE").await.unwrap();
    let waiting = shop.clone();
    let waiting =
        tokio::spawn(async move { waiting.change_product(chair, &rename("Stool")).await });
    database.until_a_session_is_blocked(&observer).await;
    // Longer than the time after which the server is probed.
    let locked = Instant::now();
    while locked.elapsed() < Duration::from_secs(4) {
        assert!(!waiting.is_finished(), "it waits for the lock");
        assert_eq!(shop.stock(chair).await, 1);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    operator.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(waiting.await.unwrap().name, builders::product_name("Stool"));
    assert_eq!(findings(store.as_ref()).await, []);
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_not_retried() {
    let database = Database::migrated().await;
    let proxy = CommitProxy::in_front_of(&database.url()).await;
    let store = Arc::new(PostgresStore::open(proxy.url(), options()).await.unwrap());
    let shop = ShopFixture::open(Stores::of(&store)).await;

    proxy.cut_behind_next_commit();
    let product = builders::product("Chair").with_stock(1).build();
    let created =
        shop.stores.products.create(product, shop.admin.actor(), builders::timestamp(1)).await;
    assert!(matches!(created, Err(StoreError::CommitUnknown(_))), "{created:?}");

    // The product was created once: the store did not retry the commit.
    let page = ProductQuery { search: None, page: builders::page(1, 10) };
    assert_eq!(ProductReads::list(store.as_ref(), &page).await.unwrap().total, 1);
    assert_eq!(findings(store.as_ref()).await, []);
}

#[tokio::test]
async fn a_delayed_commit_counts_as_an_open_transaction_until_it_arrives() {
    let database = Database::migrated().await;
    let proxy = CommitProxy::in_front_of(&database.url()).await;
    let store = Arc::new(PostgresStore::open(proxy.url(), options()).await.unwrap());
    let shop = ShopFixture::open(Stores::of(&store)).await;
    let chair = shop.product("Chair", 1).await;

    proxy.hold_next_commit();
    let changed = shop.try_change_product(chair.id, &rename("Stool"), 1).await;
    let unknown = matches!(store_error_of(&changed), Some(StoreError::CommitUnknown(_)));
    assert!(unknown, "{changed:?}");
    let mut ended = pin!(store.await_open_transactions());
    for _ in 0..50 {
        tokio::select! {
            ended = &mut ended => panic!("it has not been committed yet: {ended:?}"),
            found = shop.live_product(chair.id) => {
                assert_eq!(found.name, builders::product_name("Chair"));
            }
        }
    }
    // A transaction that begins later is not waited for.
    let operator = database.operator().await;
    operator.batch_execute("BEGIN; SELECT pg_current_xact_id()").await.unwrap();
    proxy.release();
    ended.await.unwrap();
    assert_eq!(shop.live_product(chair.id).await.name, builders::product_name("Stool"));
    operator.batch_execute("ROLLBACK").await.unwrap();
}

fn store_error_of<T>(changed: &Result<T, ChangeProductError>) -> Option<&StoreError> {
    changed.as_ref().err().and_then(product_store_error)
}

#[tokio::test]
async fn a_failed_erasure_erases_nothing() {
    let (fixture, shop) = ShopFixture::on(TestStore::open().await).await;
    let chair = shop.product("Chair", 1).await;
    shop.place(builders::order(&shop.customer).with_line(chair.id, 1).build()).await;
    let operator = fixture.database.operator().await;
    // The last statement of the erasure fails.
    operator
        .batch_execute(
            "ALTER TABLE orders ADD CONSTRAINT no_erasure CHECK (customer_name <> 'Deleted user')",
        )
        .await
        .unwrap();
    let (id, admin) = (shop.customer.id, shop.admin.actor());
    let (delete, timestamp) = (builders::DELETE, builders::timestamp(1));
    let erased = shop.stores.accounts.execute(id, &delete, admin, timestamp).await;
    assert!(matches!(erased, Err(ChangeAccountError::Store(StoreError::Broken(_)))), "{erased:?}");
    assert_eq!(shop.stores.accounts.find(id).await.unwrap(), Some(shop.customer.clone()));
    assert_eq!(fixture.findings().await, []);
}

#[tokio::test]
async fn a_transaction_that_lost_its_connection_is_retried_once_on_another() {
    let (TestStore { store, database }, shop) =
        ShopFixture::on(TestStore::open_with(with_long_timeouts()).await).await;
    let chair = shop.product("Chair", 1).await.id;
    let (operator, observer) = (database.operator().await, database.operator().await);
    operator.batch_execute("BEGIN; SELECT FROM products FOR UPDATE").await.unwrap();
    let waiting = shop.clone();
    let waiting =
        tokio::spawn(async move { waiting.try_change_product(chair, &rename("Stool"), 1).await });
    for _round in 0..2 {
        database.until_a_session_is_blocked(&observer).await;
        database.terminate_lock_waiters(&observer).await;
    }
    // After the second loss it is not retried.
    let changed = waiting.await.unwrap();
    assert!(is_unavailable(&changed, product_store_error), "{changed:?}");

    let waiting = shop.clone();
    let waiting =
        tokio::spawn(async move { waiting.try_change_product(chair, &rename("Sofa"), 1).await });
    database.until_a_session_is_blocked(&observer).await;
    database.terminate_lock_waiters(&observer).await;
    database.until_a_session_is_blocked(&observer).await;
    operator.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().version, port_contracts::version(1));
    assert_eq!(findings(store.as_ref()).await, []);
}
