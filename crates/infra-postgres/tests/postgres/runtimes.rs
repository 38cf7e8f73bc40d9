//! A store outlives the runtimes of its callers: a web server has one runtime per thread, and they
//! end one by one while others are still in use.

use std::{collections::BTreeSet, sync::Arc};

use domain::{ProductId, product::port::ProductReads};
use infra_postgres::PostgresStore;
use port_contracts::race;
use tokio_postgres::Client;

use crate::fixture::TestStore;

/// Makes several reads at once, so that several connections are in use.
async fn read_at_once(store: &Arc<PostgresStore>) {
    race(6, |_racer| {
        let store = Arc::clone(store);
        async move { ProductReads::find(store.as_ref(), ProductId::new(1)).await.unwrap() }
    })
    .await;
}

/// The server processes of all connections but the operator's.
async fn connections(operator: &Client) -> BTreeSet<i32> {
    let query = "SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let rows = operator.query(query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_outlives_the_runtime_of_its_first_caller() {
    let TestStore { store, database } = TestStore::open().await;
    let operator = database.operator().await;
    let caller = Arc::clone(&store);
    let thread = std::thread::spawn(move || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(read_at_once(&caller));
    });
    tokio::task::spawn_blocking(move || thread.join().unwrap()).await.unwrap();
    let before = connections(&operator).await;
    read_at_once(&store).await;
    let after = connections(&operator).await;
    assert!(before.is_subset(&after), "{before:?} became {after:?}");
}
