//! A store outlives the runtimes of its callers: a web server has one for each of its threads, and they end one by
//! one while others are still at work.

use std::{collections::BTreeSet, sync::Arc};

use domain::{ProductId, product::port::ProductReads};
use infra_postgres::PostgresStore;
use port_contracts::race;
use tokio_postgres::Client;

use crate::fixture::TestStore;

/// Reads so many times at once that several connections are in use.
async fn read_at_once(store: &Arc<PostgresStore>) {
    race(6, |_racer| {
        let store = Arc::clone(store);
        async move { ProductReads::find(store.as_ref(), ProductId::new(1)).await.unwrap() }
    })
    .await;
}

/// The connections that are there, but the operator's.
async fn connections(operator: &Client) -> BTreeSet<i32> {
    let question = "SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let rows = operator.query(question, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_outlives_the_runtime_of_whoever_needed_it_first() {
    let TestStore { store, database } = TestStore::open().await;
    let operator = database.operator().await;
    let caller = Arc::clone(&store);
    let thread = std::thread::spawn(move || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(read_at_once(&caller));
    });
    tokio::task::spawn_blocking(move || thread.join().unwrap()).await.unwrap();
    let opened = connections(&operator).await;
    read_at_once(&store).await;
    let now = connections(&operator).await;
    assert!(opened.is_subset(&now), "{opened:?} became {now:?}");
}
