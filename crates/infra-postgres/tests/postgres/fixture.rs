//! A store on a database of its own, for each test.

use std::sync::Arc;

use async_trait::async_trait;
use domain::audit::{AuditFinding, Auditor as _};
use infra_postgres::{PostgresOptions, PostgresStore};
use port_contracts::{StoreFixture, Stores};
use tokio_postgres::Client;

pub(crate) use crate::database::{Database, connect, server_url, url_of};

impl Database {
    /// An empty database, without any table.
    pub(crate) async fn empty() -> Self {
        Self::copy_of("template0").await
    }

    /// A store on it.
    pub(crate) async fn store(&self) -> Arc<PostgresStore> {
        Arc::new(PostgresStore::open(&self.url(), options()).await.unwrap())
    }

    /// A connection of an operator, who looks and meddles.
    pub(crate) async fn operator(&self) -> Client {
        connect(&self.url()).await
    }
}

/// A migrated database with a store on it.
pub(crate) struct Opened {
    /// The store.
    pub(crate) store: Arc<PostgresStore>,
    /// Where it keeps things.
    pub(crate) database: Database,
}

impl Opened {
    /// Makes one.
    pub(crate) async fn fresh() -> Self {
        let database = Database::migrated().await;
        Self { store: database.store().await, database }
    }
}

#[async_trait]
impl StoreFixture for Opened {
    fn stores(&self) -> Stores {
        stores(&self.store)
    }

    async fn check_books(&self) -> Result<(), Vec<String>> {
        audited(&self.store).await
    }
}

/// The ports of a store.
pub(crate) fn stores(store: &Arc<PostgresStore>) -> Stores {
    Stores {
        accounts: store.clone(),
        sessions: store.clone(),
        products: store.clone(),
        orders: store.clone(),
        outbox: store.clone(),
    }
}

/// What the audit of a store finds.
pub(crate) async fn audited(store: &PostgresStore) -> Result<(), Vec<String>> {
    let mut findings: Vec<AuditFinding> = Vec::new();
    store.audit(&mut findings).await.map_err(|error| vec![error.to_string()])?;
    if findings.is_empty() {
        return Ok(());
    }
    Err(findings.iter().map(ToString::to_string).collect())
}

/// Small, as many tests share a server.
pub(crate) fn options() -> PostgresOptions {
    PostgresOptions { connections: 6, ..PostgresOptions::default() }
}
