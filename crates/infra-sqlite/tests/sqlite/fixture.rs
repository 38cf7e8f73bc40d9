//! A database in a temporary directory, which is removed at the end of the test.

use std::{path::PathBuf, sync::Arc};

use infra_sqlite::{SqliteOptions, SqliteStore, migrate};
use port_contracts::StoreFixture;
use tempfile::TempDir;

/// A migrated, empty database, opened.
pub(crate) struct Database {
    store: Arc<SqliteStore>,
    // After the store, so that the file is closed before it is removed.
    directory: TempDir,
}

impl Database {
    pub(crate) fn migrated() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("oms.db");
        migrate(&path).unwrap();
        let store = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
        Self { store: Arc::new(store), directory }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("oms.db")
    }
}

impl StoreFixture for Database {
    type Store = SqliteStore;

    fn store(&self) -> Arc<SqliteStore> {
        Arc::clone(&self.store)
    }
}
