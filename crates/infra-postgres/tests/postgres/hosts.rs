//! Several hosts in one URL, of which one accepts writes; and a read replica.

use std::{sync::Arc, time::Duration};

use domain::order::port::OrderFilter;
use infra_postgres::{PostgresOptions, PostgresStore, migrate};
use port_contracts::{ShopFixture, Stores, builders};
use test_services::{CommitProxy, PASSWORD_IN_URL, Postgres, free_port};

use crate::{
    database::server,
    fixture::{Database, connect, options, with_long_timeouts},
};

/// The URL of a database, with another host before its own.
fn url_with_first_host(first: &str, database: &Database) -> String {
    let url = database.url();
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, rest) = rest.split_once('/').unwrap();
    let (user, host) = authority.rsplit_once('@').unwrap();
    // Both hosts get the same user and password, which the shared test server ignores.
    let user = user.split(':').next().unwrap();
    format!("{scheme}://{user}:{PASSWORD_IN_URL}@{first},{host}/{rest}")
}

/// A shop on a store of this URL. It writes, which shows that the right host was found.
async fn shop_that_writes(url: &str) -> ShopFixture {
    let store = PostgresStore::open(url, options()).await.unwrap();
    let shop = ShopFixture::open(Stores::of(&Arc::new(store))).await;
    let chair = shop.product("Chair", 2).await;
    shop.place(builders::order(&shop.customer).with_line(chair.id, 1).build()).await;
    assert_eq!(shop.stock(chair.id).await, 1);
    shop
}

#[tokio::test]
async fn a_host_that_is_down_is_skipped() {
    let database = Database::migrated().await;
    shop_that_writes(&url_with_first_host(&format!("127.0.0.1:{}", free_port()), &database)).await;
}

#[tokio::test]
async fn a_read_only_host_is_skipped() {
    let server = Postgres::start(&["default_transaction_read_only = on".to_owned()]).await;
    let database = Database::migrated().await;
    let admin = connect(&server.url()).await;
    admin.batch_execute("SET default_transaction_read_only = off").await.unwrap();
    admin.batch_execute(&format!("CREATE DATABASE {}", database.name)).await.unwrap();
    shop_that_writes(&url_with_first_host(&server.address(), &database)).await;
}

#[tokio::test]
async fn a_server_that_becomes_read_only_is_replaced_by_one_that_accepts_writes() {
    let database = Database::migrated().await;
    let server = Postgres::start(&[]).await;
    let admin = connect(&server.url()).await;
    admin.batch_execute(&format!("CREATE DATABASE {}", database.name)).await.unwrap();
    migrate(&server.url_of(&database.name)).await.unwrap();
    let shop = shop_that_writes(&url_with_first_host(&server.address(), &database)).await;
    let other_server = database.operator().await;
    let count_users = "SELECT count(*) FROM users";
    assert_eq!(other_server.query_one(count_users, &[]).await.unwrap().get::<_, i64>(0), 0);

    admin.batch_execute("ALTER SYSTEM SET default_transaction_read_only = on").await.unwrap();
    admin.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    let reads_only = connect(&server.url_of(&database.name)).await;
    let setting = "SHOW default_transaction_read_only";
    while reads_only.query_one(setting, &[]).await.unwrap().get::<_, String>(0) != "on" {
        tokio::task::yield_now().await;
    }

    // The other server has a separate, empty database, so its rows show where this write goes.
    shop.register("after@example.com").await;
    assert_eq!(other_server.query_one(count_users, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn only_the_lists_of_the_staff_are_read_from_the_replica() {
    let (primary, replica) = (Database::migrated().await, Database::migrated().await);
    let options = PostgresOptions { replica_url: Some(replica.url()), ..options() };
    let store = Arc::new(PostgresStore::open(&primary.url(), options).await.unwrap());
    let shop = ShopFixture::open(Stores::of(&store)).await;
    let chair = shop.product("Chair", 2).await;
    let order = shop.place(builders::order(&shop.customer).with_line(chair.id, 1).build()).await;

    // This replica never catches up, so it is empty.
    assert_eq!(shop.orders(OrderFilter::default()).await.total, 0);
    assert_eq!(shop.accounts().await.total, 0);
    let own = OrderFilter { user: Some(shop.customer.id), ..OrderFilter::default() };
    assert_eq!(shop.orders(own).await.total, 1);
    assert!(shop.order(order.id()).await.is_some());
    assert_eq!(shop.stock(chair.id).await, 1);

    // After the replica's database is dropped, the primary serves the lists.
    let drop_replica = format!("DROP DATABASE {} WITH (FORCE)", replica.name);
    server().await.batch_execute(&drop_replica).await.unwrap();
    assert_eq!(shop.orders(OrderFilter::default()).await.total, 1);
    assert_eq!(shop.accounts().await.total, 2);
}

#[tokio::test]
async fn an_unresponsive_replica_has_a_shorter_timeout_than_the_primary() {
    let (primary, replica) = (Database::migrated().await, Database::migrated().await);
    let proxy = CommitProxy::in_front_of(&replica.url()).await;
    let replica_url = Some(proxy.url().to_owned());
    let options = PostgresOptions { replica_url, ..with_long_timeouts() };
    let store = Arc::new(PostgresStore::open(&primary.url(), options).await.unwrap());
    let shop = ShopFixture::open(Stores::of(&store)).await;
    let accounts = || async { shop.accounts().await.total };
    assert_eq!(accounts().await, 0, "the replica is not a copy of the primary, and is empty");

    let timeout = Duration::from_mins(1);
    proxy.set_silent(true);
    assert_eq!(tokio::time::timeout(timeout, accounts()).await, Ok(2));
    proxy.set_silent(false);
    let until_back = async { while accounts().await > 0 {} };
    tokio::time::timeout(timeout, until_back).await.unwrap();
}
