//! Synchronous replication: an order is acknowledged only if a standby has it, so that a failover
//! loses none (PostgreSQL manual, "Synchronous Replication").

use std::{sync::Arc, time::Duration};

use domain::{
    OrderId, StoreError,
    order::{
        NewOrder,
        port::{OrderFilter, PlaceError},
    },
    product::Product,
};
use infra_postgres::{PostgresOptions, PostgresStore, migrate};
use port_contracts::{ShopFixture, Stores, builders, findings};
use test_services::{Postgres, eventually};
use tokio_postgres::Client;

use crate::fixture::{connect, with_long_timeouts};

/// How long a test lets a commit wait. The commit is held until then, however fast the machine is.
const DEADLINE: Duration = Duration::from_secs(1);

/// A shop on a separate server, with a stock of ten chairs and ten tables.
async fn shop_on(server: &Postgres) -> (ShopFixture, [Arc<Product>; 2]) {
    migrate(&server.url()).await.unwrap();
    let store = Arc::new(PostgresStore::open(&server.url(), with_long_timeouts()).await.unwrap());
    let shop = ShopFixture::open(Stores::of(&store)).await;
    let products = [shop.product("Chair", 10).await, shop.product("Table", 10).await];
    store.close().await;
    (shop, products)
}

/// Makes each commit wait for a standby of this name, or for any with `*`.
async fn require_standby(server: &mut Postgres, name: &str) {
    let require = format!("ALTER SYSTEM SET synchronous_standby_names = '{name}'");
    connect(&server.url()).await.batch_execute(&require).await.unwrap();
    server.stop();
    server.start_again().await;
}

/// The same shop through a store with this deadline.
async fn reopened(server: &Postgres, shop: &ShopFixture, deadline: Duration) -> ShopFixture {
    let options = PostgresOptions { connections: 2, deadline, ..with_long_timeouts() };
    let store = Arc::new(PostgresStore::open(&server.url(), options).await.unwrap());
    ShopFixture { stores: Stores::of(&store), ..shop.clone() }
}

fn order(shop: &ShopFixture, chair: &Product) -> NewOrder {
    builders::order(&shop.customer).with_line(chair.id, 1).build()
}

async fn until_commits_wait(operator: &Client, count: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    eventually("commits wait for a standby", async || {
        operator.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == count
    })
    .await;
}

#[tokio::test]
async fn an_order_whose_commit_waits_for_a_missing_standby_is_neither_acknowledged_nor_cancelled() {
    let mut server = Postgres::start(&[]).await;
    let (shop, [chair, table]) = shop_on(&server).await;
    require_standby(&mut server, "missing").await;
    let shop = reopened(&server, &shop, DEADLINE).await;
    let operator = connect(&server.url()).await;

    // An order of each product, as the first ones keep their products locked, until both connections
    // of the pool wait: with a commit of the store's own work in the background, one order is enough.
    let mut unknown = 0;
    for product in [&chair, &table] {
        let placed = shop.try_place(order(&shop, product)).await;
        let Err(PlaceError::Store(error)) = placed else { panic!("no standby has it: {placed:?}") };
        unknown += u64::from(matches!(error, StoreError::CommitUnknown(_)));
    }
    until_commits_wait(&operator, 2).await;

    // Their connections still count, so other callers get an error at once instead of waiting ten
    // minutes for a connection.
    let found = shop.stores.products.find(chair.id).await;
    assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
    let placed = shop.try_place(order(&shop, &chair)).await;
    let unavailable = matches!(placed, Err(PlaceError::Store(StoreError::Unavailable(_))));
    assert!(unavailable, "{placed:?}");

    // Once no standby is required, the server finishes the commits, and the connections are free.
    operator.batch_execute("ALTER SYSTEM RESET synchronous_standby_names").await.unwrap();
    operator.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    until_commits_wait(&operator, 0).await;
    eventually("the pool has connections", async || {
        shop.stores.products.find(chair.id).await.is_ok()
    })
    .await;
    assert_eq!(shop.orders(OrderFilter::default()).await.total, unknown);
    let sold = 20 - shop.stock(chair.id).await - shop.stock(table.id).await;
    assert_eq!(u64::try_from(sold), Ok(unknown));
}

#[tokio::test]
async fn an_order_that_only_a_restarted_primary_has_is_not_acknowledged() {
    let mut server = Postgres::start(&[]).await;
    let (shop, [chair, _table]) = shop_on(&server).await;
    require_standby(&mut server, "missing").await;
    let shop = reopened(&server, &shop, DEADLINE * 5).await;
    let operator = connect(&server.url()).await;

    let placing = shop.clone();
    let new_order = builders::order(&shop.customer).with_line(chair.id, 1).with_key("once").build();
    let repeated = new_order.clone();
    let placing = tokio::spawn(async move { placing.try_place(new_order).await });
    eventually("the order's commit waits for a standby", async || {
        let waiting = "SELECT count(*) FROM pg_stat_activity JOIN pg_locks USING (pid)
                       WHERE wait_event = 'SyncRep' AND relation = 'orders'::regclass
                         AND mode = 'RowExclusiveLock'";
        operator.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) > 0
    })
    .await;
    // The recovery replays the commit from the log, without a standby.
    server.stop_at_once();
    server.start_again().await;
    let operator = connect(&server.url()).await;
    let orders = "SELECT count(*) FROM orders";
    assert_eq!(operator.query_one(orders, &[]).await.unwrap().get::<_, i64>(0), 1);
    for placed in [placing.await.unwrap(), shop.try_place(repeated).await] {
        assert!(matches!(placed, Err(PlaceError::Store(_))), "{placed:?}");
    }
}

#[tokio::test]
async fn after_a_failover_to_a_synchronous_standby_each_acknowledged_order_is_there() {
    let mut primary = Postgres::start(&[]).await;
    let (shop, [chair, _table]) = shop_on(&primary).await;
    let mut standby = primary.add_standby().await;
    require_standby(&mut primary, "*").await;
    let shop = reopened(&primary, &shop, DEADLINE).await;
    let operator = connect(&primary.url()).await;
    eventually("the standby is synchronous", async || {
        let synchronous = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        operator.query_one(synchronous, &[]).await.unwrap().get::<_, i64>(0) == 1
    })
    .await;

    // An order may be refused while the standby is slow, as on a busy machine, but not lost.
    let mut acknowledged: Vec<OrderId> = Vec::new();
    eventually("orders are acknowledged", async || {
        let placed = shop.try_place(order(&shop, &chair)).await;
        acknowledged.extend(placed.map(|placement| placement.order.id()).ok());
        acknowledged.len() >= 2
    })
    .await;
    standby.stop_at_once();
    let placed = shop.try_place(order(&shop, &chair)).await;
    assert!(matches!(placed, Err(PlaceError::Store(_))), "no standby has it: {placed:?}");

    primary.stop_at_once();
    standby.start_again().await;
    let operator = connect(&standby.url()).await;
    operator.batch_execute("ALTER SYSTEM RESET synchronous_standby_names").await.unwrap();
    operator.batch_execute("SELECT pg_reload_conf(), pg_promote()").await.unwrap();
    let promoted = PostgresStore::open(&standby.url(), with_long_timeouts()).await.unwrap();
    let promoted = Arc::new(promoted);
    let shop = ShopFixture { stores: Stores::of(&promoted), ..shop };
    for id in &acknowledged {
        assert!(shop.order(*id).await.is_some(), "order {id:?} was acknowledged");
    }
    assert_eq!(findings(promoted.as_ref()).await, []);
}
