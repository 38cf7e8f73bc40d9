//! A database in a directory of its own, thrown away at the end.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use domain::audit::{AuditFinding, Auditor};
use infra_sqlite::{SqliteOptions, SqliteStore, migrate};
use port_contracts::{StoreFixture, Stores, auditor::AuditFixture};
use tempfile::TempDir;

/// A migrated, empty database, opened.
pub(crate) struct Database {
    store: Arc<SqliteStore>,
    // Behind the store, so that the file is closed before it is removed.
    directory: TempDir,
}

impl Database {
    /// Makes one.
    pub(crate) fn migrated() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("oms.db");
        migrate(&path).unwrap();
        let store = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
        Self { store: Arc::new(store), directory }
    }

    /// The store on it.
    pub(crate) fn store(&self) -> Arc<SqliteStore> {
        Arc::clone(&self.store)
    }

    /// Where its file is.
    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("oms.db")
    }
}

/// The ports of a store.
pub(crate) fn stores(store: &Arc<SqliteStore>) -> Stores {
    Stores {
        accounts: store.clone(),
        sessions: store.clone(),
        products: store.clone(),
        orders: store.clone(),
        outbox: store.clone(),
    }
}

#[async_trait]
impl StoreFixture for Database {
    fn stores(&self) -> Stores {
        stores(&self.store)
    }

    async fn check_books(&self) -> Result<(), Vec<String>> {
        let mut findings: Vec<AuditFinding> = Vec::new();
        self.store.audit(&mut findings).await.map_err(|error| vec![error.to_string()])?;
        if findings.is_empty() {
            return Ok(());
        }
        Err(findings.iter().map(ToString::to_string).collect())
    }
}

impl AuditFixture for Database {
    fn auditor(&self) -> Arc<dyn Auditor> {
        self.store.clone()
    }
}
