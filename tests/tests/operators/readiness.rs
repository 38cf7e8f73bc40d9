//! What a server rests on goes away and comes back.

use std::sync::Arc;

use futures::future::join_all;

use super::{dependency, readiness, wait_for_readiness};
use crate::harness::{Postgres, Redis, Server, Store, eventually, provided, sql};

#[tokio::test]
async fn a_server_with_all_that_it_rests_on_is_ready() {
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
async fn without_redis_it_is_degraded_and_takes_requests() {
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
async fn without_postgresql_it_is_not_ready_and_is_again_without_a_restart() {
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

/// Holds every request up that reads a product, for as long as a test takes.
const HOLD: &str = "BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)";

#[tokio::test]
async fn a_server_whose_connections_are_all_in_use_is_ready() {
    let store = Store::on_postgres();
    let server = Server::configure_on(store).var("DATABASE_POOL_SIZE", 2).start();
    let url = server.store().database_url();
    let holding = tokio::spawn({
        let url = url.clone();
        async move { sql(&url, HOLD).await }
    });
    let held = "SELECT count(*) FROM pg_stat_activity \
                WHERE datname = current_database() AND wait_event = 'PgSleep'";
    eventually("the products are held", async || {
        sql(&url, held).await.is_ok_and(|rows| rows[0][0] == "1")
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
    holding.abort();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
               AND pid <> pg_backend_pid() AND wait_event = 'PgSleep'";
    sql(&url, end).await.expect("the end of it");
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_unfit() {
    let server = Server::configure_on(Store::on_postgres()).start();
    let operator = server.anonymous();
    wait_for_readiness(&operator, "ready").await;
    let url = server.store().database_url();
    let name = url.rsplit('/').next().and_then(|name| name.split('?').next()).expect("its name");
    // What holds for sessions that begin from now on.
    let only_read = format!(
        "ALTER DATABASE {name} SET default_transaction_read_only = on; \
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()"
    );
    sql(&url, &only_read).await.expect("a change");
    let response = wait_for_readiness(&operator, "not_ready").await;
    assert_eq!(dependency(&response, "database")["condition"], "unfit", "{response}");
    let writable = format!(
        "SET transaction_read_only = off; ALTER DATABASE {name} RESET default_transaction_read_only"
    );
    sql(&url, &writable).await.expect("a change");
    wait_for_readiness(&operator, "ready").await;
}

#[tokio::test]
async fn a_file_that_is_gone_or_another_is_told() {
    let server = Server::configure_on(Store::on_sqlite()).start();
    let operator = server.anonymous();
    wait_for_readiness(&operator, "ready").await;
    let file = server.store().data_dir().join("oms.db");
    let aside = file.with_extension("aside");
    std::fs::rename(&file, &aside).unwrap();
    let response = wait_for_readiness(&operator, "not_ready").await;
    let problem = dependency(&response, "database")["problem"].as_str().expect("why").to_owned();
    assert!(problem.contains("not there"), "{response}");
    assert!(!file.exists(), "asking makes none");
    std::fs::copy(&aside, &file).unwrap();
    eventually("another file is told from the first", async || {
        let response = readiness(&operator).await;
        response.status == 503 && response.text.contains("another file")
    })
    .await;
    std::fs::rename(&aside, &file).unwrap();
    wait_for_readiness(&operator, "ready").await;
}

#[tokio::test]
async fn a_file_that_somebody_is_writing_is_fit() {
    use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
    let server = Server::configure_on(Store::on_sqlite()).start();
    let file = server.store().data_dir().join("oms.db");
    let mut other = SqliteConnection::establish(&file.display().to_string()).unwrap();
    other.batch_execute("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE").unwrap();
    let response = readiness(&server.anonymous()).await;
    assert_eq!(response.assert_ok()["status"], "ready", "{response}");
    other.batch_execute("ROLLBACK").unwrap();
}
