//! Timeouts for locks, slow statements and busy connections; and aborted calls leave no lock
//! behind.

use std::{sync::Arc, time::Duration};

use domain::{
    StoreError,
    account::{
        AccountCommand, NewSession, OpenOrders,
        port::{AccountWrites, SessionWrites},
    },
    order::port::{OrderFilter, OrderQuery, OrderReads},
    product::port::{ProductQuery, ProductReads},
};
use infra_postgres::{PostgresOptions, PostgresStore};
use port_contracts::{ShopFixture, Stores, builders, findings};

use crate::{
    fixture::{Database, TestStore, options, with_long_timeouts},
    outages::{is_unavailable, product_store_error, rename},
};

/// Short enough for a test to wait for, and long enough not to expire early on a busy machine.
const SHORT_TIMEOUT: Duration = Duration::from_millis(500);

/// For waits that must time out: the lock or connection is held until they have, so the test does
/// not depend on the speed of the machine.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(100);

fn session(shop: &ShopFixture) -> NewSession {
    NewSession {
        id: builders::session_id(1),
        user: shop.customer.id,
        network: None,
        refresh: builders::token_hash(1),
        opened_at: builders::timestamp(0),
        refresh_expires_at: builders::timestamp(1_000),
        ends_at: builders::timestamp(1_000),
    }
}

#[tokio::test]
async fn an_aborted_transaction_leaves_no_lock_behind() {
    let (TestStore { store, database }, shop) =
        ShopFixture::on(TestStore::open_with(with_long_timeouts()).await).await;
    SessionWrites::open(store.as_ref(), session(&shop)).await.unwrap();
    let operator = database.operator().await;
    let observer = database.operator().await;

    // The erasure locks the account, and then waits for the lock on the session.
    operator.batch_execute("BEGIN; SELECT FROM sessions FOR UPDATE").await.unwrap();
    let (id, admin, timestamp) = (shop.customer.id, shop.admin.actor(), builders::timestamp(1));
    let erasing = store.clone();
    let erasing = tokio::spawn(async move {
        AccountWrites::execute(erasing.as_ref(), id, &builders::DELETE, admin, timestamp).await
    });
    database.until_a_session_is_blocked(&observer).await;
    erasing.abort();
    assert!(erasing.await.unwrap_err().is_cancelled());

    // The lock on the account is free, while the session is still locked.
    observer
        .batch_execute("SET lock_timeout = '60s'; SELECT FROM users WHERE id > 0 FOR UPDATE")
        .await
        .unwrap();
    operator.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(shop.stores.accounts.find(id).await.unwrap().map(|found| found.id), Some(id));
    assert_eq!(findings(store.as_ref()).await, []);
}

#[tokio::test]
async fn a_write_waits_for_a_locked_row_up_to_the_lock_timeout() {
    let (TestStore { database, .. }, shop) = ShopFixture::on(
        TestStore::open_with(PostgresOptions { lock_timeout: SHORTEST_TIMEOUT, ..options() }).await,
    )
    .await;
    let chair = shop.product("Chair", 1).await;
    let operator = database.operator().await;

    operator.batch_execute("BEGIN; SELECT FROM products FOR UPDATE").await.unwrap();
    let waited = shop.try_change_product(chair.id, &rename("Stool"), 1).await;
    assert!(is_unavailable(&waited, product_store_error), "{waited:?}");
    // Reads do not wait for locks.
    assert_eq!(shop.stock(chair.id).await, 1);

    operator.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(
        shop.change_product(chair.id, &rename("Stool")).await.version,
        port_contracts::version(1)
    );
}

#[tokio::test]
async fn a_read_that_exceeds_the_deadline_is_cancelled_on_the_server_too() {
    let database = Database::migrated().await;
    let options = PostgresOptions { deadline: SHORT_TIMEOUT, ..options() };
    let store = PostgresStore::open(&database.url(), options).await.unwrap();
    let operator = database.operator().await;
    operator.batch_execute("BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let page = ProductQuery { search: None, page: builders::page(1, 10) };
    let listed = ProductReads::list(&store, &page).await;
    assert!(matches!(listed, Err(StoreError::Unavailable(_))), "{listed:?}");
    // The statement is cancelled on the server.
    let observer = database.operator().await;
    database.until_no_session_is_blocked(&observer).await;
    operator.batch_execute("ROLLBACK").await.unwrap();
    let other_store = database.store().await;
    assert_eq!(ProductReads::list(other_store.as_ref(), &page).await.unwrap().total, 0);
}

#[tokio::test]
async fn a_caller_waits_for_a_busy_pool_up_to_the_connection_wait() {
    let options =
        PostgresOptions { connections: 1, connection_wait: SHORT_TIMEOUT, ..with_long_timeouts() };
    let (TestStore { store, database }, shop) =
        ShopFixture::on(TestStore::open_with(options).await).await;
    let chair = shop.product("Chair", 1).await.id;
    let (operator, observer) = (database.operator().await, database.operator().await);
    operator.batch_execute("BEGIN; SELECT FROM products FOR UPDATE").await.unwrap();
    let waiting = shop.clone();
    let waiting =
        tokio::spawn(async move { waiting.change_product(chair, &rename("Stool")).await });
    database.until_a_session_is_blocked(&observer).await;
    let found = ProductReads::find(store.as_ref(), chair).await;
    assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
    operator.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(waiting.await.unwrap().name, builders::product_name("Stool"));
    assert_eq!(shop.live_product(chair).await.name, builders::product_name("Stool"));
}

#[tokio::test]
async fn the_victim_of_a_deadlock_is_retried() {
    let database = Database::migrated().await;
    // The store detects a deadlock at once, the operator never: so the store is the victim.
    let at_once = format!("ALTER DATABASE {} SET deadlock_timeout = '10ms'", database.name);
    database.operator().await.batch_execute(&at_once).await.unwrap();
    let store = Arc::new(PostgresStore::open(&database.url(), with_long_timeouts()).await.unwrap());
    let shop = ShopFixture::open(Stores::of(&store)).await;
    SessionWrites::open(store.as_ref(), session(&shop)).await.unwrap();
    let chair = shop.product("Chair", 1).await.id;
    shop.place(builders::order(&shop.customer).with_line(chair, 1).build()).await;
    let (gate, operator) = (database.operator().await, database.operator().await);
    let observer = database.operator().await;
    operator
        .batch_execute("SET deadlock_timeout = '10min'; BEGIN; SELECT FROM orders FOR UPDATE")
        .await
        .unwrap();
    // The erasure locks the account, then waits for the session, and then for the order.
    gate.batch_execute("BEGIN; SELECT FROM sessions FOR UPDATE").await.unwrap();
    let erasing = store.clone();
    let (id, admin) = (shop.customer.id, shop.admin.actor());
    let erasing = tokio::spawn(async move {
        // Open orders that are not kept are locked before the session.
        let delete = AccountCommand::Delete { open_orders: OpenOrders::Keep };
        let timestamp = builders::timestamp(1);
        AccountWrites::execute(erasing.as_ref(), id, &delete, admin, timestamp).await
    });
    database.until_a_session_is_blocked(&observer).await;
    // The operator holds the order and waits for the account when the erasure locks the order.
    let operating = operator.batch_execute("SELECT FROM users FOR UPDATE; COMMIT");
    let opening = async {
        database.until_sessions_are_blocked(&observer, 2).await;
        gate.batch_execute("COMMIT").await
    };
    let (operated, opened) = tokio::join!(operating, opening);
    assert!(operated.is_ok() && opened.is_ok(), "{operated:?} {opened:?}");
    assert_eq!(erasing.await.unwrap().unwrap().account, None);
    assert_eq!(findings(store.as_ref()).await, []);
}

#[tokio::test]
async fn aborted_calls_return_their_connections_to_the_pool() {
    let (fixture, shop) = ShopFixture::on(TestStore::open().await).await;
    let chair = shop.product("Chair", 1).await.id;
    let (operator, observer) =
        (fixture.database.operator().await, fixture.database.operator().await);
    operator.batch_execute("BEGIN; SELECT FROM products FOR UPDATE").await.unwrap();
    // More calls than there are connections, several times.
    for _round in 0..3 {
        let waiting: Vec<_> = (0..8)
            .map(|_caller| {
                let shop = shop.clone();
                tokio::spawn(async move { shop.change_product(chair, &rename("Stool")).await })
            })
            .collect();
        fixture.database.until_a_session_is_blocked(&observer).await;
        waiting.iter().for_each(tokio::task::JoinHandle::abort);
        for caller in waiting {
            assert!(caller.await.unwrap_err().is_cancelled());
        }
        fixture.database.until_no_session_is_blocked(&observer).await;
        assert_eq!(shop.stock(chair).await, 1);
    }
    operator.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(
        shop.change_product(chair, &rename("Stool")).await.version,
        port_contracts::version(1)
    );
}

#[tokio::test]
async fn a_list_whose_total_is_locked_fails_as_unavailable_and_not_as_broken() {
    let (TestStore { store, database }, shop) = ShopFixture::on(
        TestStore::open_with(PostgresOptions { lock_timeout: SHORTEST_TIMEOUT, ..options() }).await,
    )
    .await;
    let chair = shop.product("Chair", 10).await.id;
    shop.place(builders::order(&shop.customer).with_line(chair, 1).build()).await;
    let operator = database.operator().await;
    operator.batch_execute("BEGIN; LOCK TABLE counts IN ACCESS EXCLUSIVE MODE").await.unwrap();
    for product in [None, Some(chair)] {
        let filter = OrderFilter { product, ..OrderFilter::default() };
        let query = OrderQuery::newest_first(filter, builders::page(1, 10));
        let listed = OrderReads::list(store.as_ref(), &query).await;
        assert!(matches!(listed, Err(StoreError::Unavailable(_))), "{listed:?}");
    }
    operator.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(shop.orders(OrderFilter::default()).await.total, 1);
}
