//! Audits, and copies of whole shops: from PostgreSQL to an SQLite file and back, and to another
//! PostgreSQL.

use std::sync::Arc;

use domain::{
    archive::{ArchiveSource, ArchiveTable, ArchiveTarget, ImportObserver},
    order::port::OrderFilter,
};
use infra_sqlite::{SqliteOptions, SqliteStore};
use port_contracts::{ShopFixture, StoreFixture, archive, builders};
use tempfile::TempDir;

use crate::fixture::TestStore;

/// A store on a temporary SQLite file.
struct SqliteFile {
    store: Arc<SqliteStore>,
    // Declared after the store, so that the file is closed before it is removed.
    _directory: TempDir,
}

impl StoreFixture for SqliteFile {
    type Store = SqliteStore;

    fn store(&self) -> Arc<SqliteStore> {
        self.store.clone()
    }
}

async fn postgres() -> TestStore {
    TestStore::open().await
}

async fn sqlite() -> SqliteFile {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oms.db");
    infra_sqlite::migrate(&path).unwrap();
    let store = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
    SqliteFile { store: Arc::new(store), _directory: directory }
}

port_contracts::auditor_suite!(postgres);
port_contracts::archive_suite!(from_sqlite_to_postgres, sqlite, postgres);
port_contracts::archive_suite!(from_postgres_to_sqlite, postgres, sqlite);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_shop_is_copied_from_postgres_to_postgres() {
    let case = archive::copying::a_copy_of_a_busy_shop_has_the_same_rows;
    archive::run(postgres().await, postgres().await, case).await;
}

/// An observer that ignores the progress of an import.
struct IgnoreProgress;

impl ImportObserver for IgnoreProgress {
    fn copying(&mut self, _table: ArchiveTable, _rows: u64) {}

    fn copied(&mut self, _rows: u64) {}
}

#[tokio::test]
async fn an_import_and_a_counter_compaction_do_not_deadlock() {
    let (from, to) = (postgres().await, postgres().await);
    let shop = ShopFixture::open(from.stores()).await;
    let chair = shop.product("Chair", 10).await.id;
    shop.place(builders::order(&shop.customer).with_line(chair, 1).build()).await;
    let (compacting, observer) = (to.database.operator().await, to.database.operator().await);

    // Locks as a compaction does: first the changes, then the counters.
    compacting.batch_execute("BEGIN; LOCK TABLE count_deltas IN ROW EXCLUSIVE MODE").await.unwrap();
    let mut snapshot = from.store.snapshot().await.unwrap();
    let target = to.store.clone();
    let importing =
        tokio::spawn(async move { target.import(snapshot.as_mut(), &mut IgnoreProgress).await });
    to.database.until_a_session_is_blocked(&observer).await;
    compacting.batch_execute("LOCK TABLE counts IN ROW EXCLUSIVE MODE; COMMIT").await.unwrap();

    importing.await.unwrap().unwrap();
    let shop = ShopFixture { stores: to.stores(), ..shop };
    let product = OrderFilter { product: Some(chair), ..OrderFilter::default() };
    assert_eq!(shop.count_orders(product).await, 1);
}
