//! Audits and moves of whole shops: between two PostgreSQL databases, and to and from an SQLite file.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    archive::{ArchiveSource, ArchiveTarget},
    audit::{AuditFinding, Auditor},
};
use infra_sqlite::{SqliteOptions, SqliteStore};
use port_contracts::{StoreFixture, Stores, archive::ArchiveFixture, auditor::AuditFixture};
use tempfile::TempDir;

use crate::fixture::Opened;

impl AuditFixture for Opened {
    fn auditor(&self) -> Arc<dyn Auditor> {
        self.store.clone()
    }
}

impl ArchiveFixture for Opened {
    fn source(&self) -> Arc<dyn ArchiveSource> {
        self.store.clone()
    }

    fn target(&self) -> Arc<dyn ArchiveTarget> {
        self.store.clone()
    }
}

/// A store on an SQLite file of its own, thrown away at the end.
struct File {
    store: Arc<SqliteStore>,
    // Behind the store, so that the file is closed before it is removed.
    _directory: TempDir,
}

#[async_trait]
impl StoreFixture for File {
    fn stores(&self) -> Stores {
        Stores {
            accounts: self.store.clone(),
            sessions: self.store.clone(),
            products: self.store.clone(),
            orders: self.store.clone(),
            outbox: self.store.clone(),
        }
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

impl ArchiveFixture for File {
    fn source(&self) -> Arc<dyn ArchiveSource> {
        self.store.clone()
    }

    fn target(&self) -> Arc<dyn ArchiveTarget> {
        self.store.clone()
    }
}

async fn postgres() -> Opened {
    Opened::fresh().await
}

async fn sqlite() -> File {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oms.db");
    infra_sqlite::migrate(&path).unwrap();
    let store = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
    File { store: Arc::new(store), _directory: directory }
}

port_contracts::auditor_suite!(postgres);
port_contracts::archive_suite!(from_postgres_to_postgres, postgres, postgres);
port_contracts::archive_suite!(from_sqlite_to_postgres, sqlite, postgres);
port_contracts::archive_suite!(from_postgres_to_sqlite, postgres, sqlite);
