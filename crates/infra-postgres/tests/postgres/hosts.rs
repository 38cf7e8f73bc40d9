//! Several hosts in one URL, of which one takes writes; and a copy to read from.

use std::{sync::Arc, time::Duration};

use domain::order::port::OrderFilter;
use infra_postgres::{PostgresOptions, PostgresStore, migrate};
use port_contracts::{Shop, Stores, builders};
use test_services::{CommitProxy, PASSWORD_IN_URL, Postgres, free_port};

use crate::{
    database::server,
    fixture::{Database, connect, options, with_long_timeouts},
};

/// The URL of a database, with another host in front.
fn behind(first: &str, database: &Database) -> String {
    let url = database.url();
    let (scheme, rest) = url.split_once("://").unwrap();
    let (place, rest) = rest.split_once('/').unwrap();
    let (user, host) = place.rsplit_once('@').unwrap();
    // Both are asked as the same user with the same password, which the server of all tests does not look at.
    let user = user.split(':').next().unwrap();
    format!("{scheme}://{user}:{PASSWORD_IN_URL}@{first},{host}/{rest}")
}

/// A shop on a store that found its server, which shows that writes go there.
async fn trade(url: &str) -> Shop {
    let store = PostgresStore::open(url, options()).await.unwrap();
    let shop = Shop::open(Stores::of(&Arc::new(store))).await;
    let chair = shop.product("Chair", 2).await;
    shop.place(builders::order(&shop.customer).with_line(chair.id, 1).build()).await;
    assert_eq!(shop.stock(chair.id).await, 1);
    shop
}

#[tokio::test]
async fn a_host_that_is_down_is_passed_over() {
    let database = Database::migrated().await;
    trade(&behind(&format!("127.0.0.1:{}", free_port()), &database)).await;
}

#[tokio::test]
async fn a_host_that_takes_no_writes_is_passed_over() {
    let server = Postgres::start(&["default_transaction_read_only = on".to_owned()]).await;
    let database = Database::migrated().await;
    let admin = connect(&server.url()).await;
    admin.batch_execute("SET default_transaction_read_only = off").await.unwrap();
    admin.batch_execute(&format!("CREATE DATABASE {}", database.name)).await.unwrap();
    trade(&behind(&server.address(), &database)).await;
}

#[tokio::test]
async fn a_server_that_stops_taking_writes_is_left_for_one_that_does() {
    let database = Database::migrated().await;
    let server = Postgres::start(&[]).await;
    let admin = connect(&server.url()).await;
    admin.batch_execute(&format!("CREATE DATABASE {}", database.name)).await.unwrap();
    migrate(&server.url_of(&database.name)).await.unwrap();
    let shop = trade(&behind(&server.address(), &database)).await;
    let elsewhere = database.operator().await;
    let there = "SELECT count(*) FROM users";
    assert_eq!(elsewhere.query_one(there, &[]).await.unwrap().get::<_, i64>(0), 0);

    admin.batch_execute("ALTER SYSTEM SET default_transaction_read_only = on").await.unwrap();
    admin.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    let reads_only = connect(&server.url_of(&database.name)).await;
    let setting = "SHOW default_transaction_read_only";
    while reads_only.query_one(setting, &[]).await.unwrap().get::<_, String>(0) != "on" {
        tokio::task::yield_now().await;
    }

    // The other server is another database, and empty: so it is plain where this goes.
    shop.register("after@example.com").await;
    assert_eq!(elsewhere.query_one(there, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn lists_of_the_staff_come_from_the_replica_and_nothing_else_does() {
    let (primary, replica) = (Database::migrated().await, Database::migrated().await);
    let options = PostgresOptions { replica_url: Some(replica.url()), ..options() };
    let store = Arc::new(PostgresStore::open(&primary.url(), options).await.unwrap());
    let shop = Shop::open(Stores::of(&store)).await;
    let chair = shop.product("Chair", 2).await;
    let order = shop.place(builders::order(&shop.customer).with_line(chair.id, 1).build()).await;

    // This replica lags for ever, so whatever it shows is nothing.
    assert_eq!(shop.orders(OrderFilter::default()).await.total, 0);
    assert_eq!(shop.stores.accounts.list(builders::page(1, 10)).await.unwrap().total, 0);
    let own = OrderFilter { user: Some(shop.customer.id), ..OrderFilter::default() };
    assert_eq!(shop.orders(own).await.total, 1);
    assert!(shop.order(order.id()).await.is_some());
    assert_eq!(shop.stock(chair.id).await, 1);

    // Gone, it is missed by nobody.
    let gone = format!("DROP DATABASE {} WITH (FORCE)", replica.name);
    server().await.batch_execute(&gone).await.unwrap();
    assert_eq!(shop.orders(OrderFilter::default()).await.total, 1);
    assert_eq!(shop.stores.accounts.list(builders::page(1, 10)).await.unwrap().total, 2);
}

#[tokio::test]
async fn a_replica_that_goes_silent_is_not_waited_for_as_long_as_the_primary_is() {
    let (primary, replica) = (Database::migrated().await, Database::migrated().await);
    let wire = CommitProxy::before(&replica.url()).await;
    let replica_url = Some(wire.url().to_owned());
    let options = PostgresOptions { replica_url, ..with_long_timeouts() };
    let store = Arc::new(PostgresStore::open(&primary.url(), options).await.unwrap());
    let shop = Shop::open(Stores::of(&store)).await;
    let accounts =
        || async { shop.stores.accounts.list(builders::page(1, 10)).await.unwrap().total };
    assert_eq!(accounts().await, 0, "the replica never hears of anything");

    let patience = Duration::from_mins(1);
    wire.set_silent(true);
    assert_eq!(tokio::time::timeout(patience, accounts()).await, Ok(2));
    wire.set_silent(false);
    let until_back = async { while accounts().await > 0 {} };
    tokio::time::timeout(patience, until_back).await.unwrap();
}
