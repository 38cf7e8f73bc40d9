//! Readiness while dependencies fail and recover.

use std::sync::Arc;

use futures::future::join_all;

use super::{dependency, readiness, wait_for_readiness};
use crate::harness::{Postgres, Redis, Server, Store, eventually, provided, sql};

#[tokio::test]
async fn a_server_with_all_dependencies_is_ready() {
    let server = Server::start();
    let response = wait_for_readiness(&server.anonymous(), "ready").await;
    let database = dependency(&response, "database");
    assert!(
        database["note"].as_str().is_some_and(|note| note.starts_with("schema ")),
        "{response}"
    );
    assert!(database["problem"].is_null(), "{response}");
}

#[tokio::test]
async fn without_redis_a_server_is_degraded_and_serves_requests() {
    let mut redis = Redis::start_durable().await;
    let postgres = provided("OMS_TEST_POSTGRES_URL");
    let server = Server::configure_on(Store::on_servers(&postgres, Some(&redis.url()))).start();
    let operator = server.anonymous();
    wait_for_readiness(&operator, "ready").await;
    redis.kill();
    let response = wait_for_readiness(&operator, "degraded").await;
    let found = dependency(&response, "redis");
    assert_eq!((&found["condition"], &found["importance"]), (&"down".into(), &"optional".into()));
    assert!(found["problem"].as_str().is_some_and(|problem| !problem.is_empty()), "{response}");
    server.customer("ann").await;
    redis.start_again().await;
    wait_for_readiness(&operator, "ready").await;
}

#[tokio::test]
async fn without_postgresql_a_server_is_not_ready_and_recovers_without_a_restart() {
    let mut postgres = Postgres::start(&[]).await;
    let mut server = Server::configure_on(Store::on_servers(&postgres.url(), None)).start();
    let operator = server.anonymous();
    wait_for_readiness(&operator, "ready").await;
    postgres.stop_at_once();
    let response = wait_for_readiness(&operator, "not_ready").await;
    assert_eq!(dependency(&response, "database")["condition"], "down", "{response}");
    operator.get("/livez").await.assert_ok();
    assert_eq!(operator.get("/health").await.assert_ok()["status"], "ok");
    postgres.start_again().await;
    wait_for_readiness(&operator, "ready").await;
    assert!(server.is_running());
    assert!(!server.printed().contains("postgres://"), "{}", server.printed());
}

/// Blocks every request that reads a product, for longer than a test runs.
const LOCK_PRODUCTS: &str =
    "BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)";

#[tokio::test]
async fn a_server_whose_connections_are_all_in_use_is_ready() {
    let store = Store::on_postgres();
    let server = Server::configure_on(store).var("DATABASE_POOL_SIZE", 2).start();
    let url = server.store().database_url();
    let blocker = tokio::spawn({
        let url = url.clone();
        async move { sql(&url, LOCK_PRODUCTS).await }
    });
    let locked = "SELECT count(*) FROM pg_stat_activity \
                WHERE datname = current_database() AND wait_event = 'PgSleep'";
    eventually("the products are locked", async || {
        sql(&url, locked).await.is_ok_and(|rows| rows[0][0] == "1")
    })
    .await;
    let busy = Arc::new(join_all((1..=8).map(|product| {
        let anyone = server.anonymous();
        tokio::spawn(async move { anyone.get(&format!("/api/v1/products/{product}")).await })
    })));
    let waiting = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("all connections wait", async || {
        sql(&url, waiting).await.is_ok_and(|rows| rows[0][0] == "2")
    })
    .await;
    let response = readiness(&server.anonymous()).await;
    assert_eq!(response.assert_ok()["status"], "ready", "{response}");
    drop(busy);
    blocker.abort();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
               AND pid <> pg_backend_pid() AND wait_event = 'PgSleep'";
    sql(&url, end).await.expect("the end of the lock");
}

#[tokio::test]
async fn a_read_only_database_is_unfit() {
    let server = Server::configure_on(Store::on_postgres()).start();
    let operator = server.anonymous();
    wait_for_readiness(&operator, "ready").await;
    let url = server.store().database_url();
    let name = url.rsplit('/').next().and_then(|name| name.split('?').next()).expect("a name");
    // The setting applies to new database sessions, so the open ones are terminated.
    let read_only = format!(
        "ALTER DATABASE {name} SET default_transaction_read_only = on; \
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()"
    );
    sql(&url, &read_only).await.expect("a change");
    let response = wait_for_readiness(&operator, "not_ready").await;
    assert_eq!(dependency(&response, "database")["condition"], "unfit", "{response}");
    let writable = format!(
        "SET transaction_read_only = off; ALTER DATABASE {name} RESET default_transaction_read_only"
    );
    sql(&url, &writable).await.expect("a change");
    wait_for_readiness(&operator, "ready").await;
}

#[tokio::test]
async fn a_missing_or_replaced_sqlite_file_makes_the_server_not_ready() {
    let server = Server::configure_on(Store::on_sqlite()).start();
    let operator = server.anonymous();
    wait_for_readiness(&operator, "ready").await;
    let file = server.store().data_dir().join("oms.db");
    let moved = file.with_extension("moved");
    std::fs::rename(&file, &moved).unwrap();
    let response = wait_for_readiness(&operator, "not_ready").await;
    let problem =
        dependency(&response, "database")["problem"].as_str().expect("a problem").to_owned();
    assert!(problem.contains("cannot be found"), "{response}");
    assert!(!file.exists(), "the check creates no file");
    std::fs::copy(&moved, &file).unwrap();
    eventually("the replaced file is detected", async || {
        let response = readiness(&operator).await;
        response.status == 503 && response.text.contains("another file")
    })
    .await;
    std::fs::rename(&moved, &file).unwrap();
    wait_for_readiness(&operator, "ready").await;
}

#[tokio::test]
async fn a_sqlite_file_locked_by_another_writer_is_fit() {
    use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
    let server = Server::configure_on(Store::on_sqlite()).start();
    let file = server.store().data_dir().join("oms.db");
    let mut other = SqliteConnection::establish(&file.display().to_string()).unwrap();
    other.batch_execute("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE").unwrap();
    let response = readiness(&server.anonymous()).await;
    assert_eq!(response.assert_ok()["status"], "ready", "{response}");
    other.batch_execute("ROLLBACK").unwrap();
}
