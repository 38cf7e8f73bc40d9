//! A database with all its ports; opening and migrating it.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    account::port::{AccountStore, SessionStore},
    archive::{ArchiveSource, ArchiveTarget},
    audit::Auditor,
    health::Dependency,
    order::port::OrderStore,
    outbox::port::OutboxStore,
    product::port::ProductStore,
    shop::port::ShopStore,
};
use infra_postgres::{PostgresOptions, PostgresStore};
use infra_sqlite::{ExclusiveLock, SqliteOptions, SqliteStore};

use super::error::CompositionError;
use crate::config::StoreConfig;

/// An open database: every port that a store implements, on one handle.
#[async_trait]
pub(crate) trait Backend:
    AccountStore
    + SessionStore
    + ProductStore
    + OrderStore
    + OutboxStore
    + ShopStore
    + Dependency
    + Auditor
    + ArchiveSource
    + ArchiveTarget
{
    /// Whether other processes may change the data.
    fn is_shared(&self) -> bool;

    /// Sets the gauges of the connection pool through the `metrics` facade.
    fn record_pool_metrics(&self);

    /// Finishes queued writes and closes the connections. Later calls fail.
    async fn close(&self);
}

#[async_trait]
impl Backend for SqliteStore {
    fn is_shared(&self) -> bool {
        false
    }

    fn record_pool_metrics(&self) {
        self.record_pool_metrics();
    }

    async fn close(&self) {
        self.close().await;
    }
}

#[async_trait]
impl Backend for PostgresStore {
    fn is_shared(&self) -> bool {
        true
    }

    fn record_pool_metrics(&self) {
        self.record_pool_metrics();
    }

    async fn close(&self) {
        self.close().await;
    }
}

/// The right to serve a database. Any number of programs may serve one on PostgreSQL, and one
/// program at a time an SQLite file: until the claim is dropped, no other gets one.
pub(crate) struct DatabaseClaim {
    _lock: Option<ExclusiveLock>,
}

/// Claims a database, which need not exist.
///
/// # Errors
/// [`CompositionError`] if another program serves the file.
pub(crate) fn claim(store: &StoreConfig) -> Result<DatabaseClaim, CompositionError> {
    let lock = match store {
        StoreConfig::Sqlite { path } => Some(ExclusiveLock::take(path)?),
        StoreConfig::Postgres(_) => None,
    };
    Ok(DatabaseClaim { _lock: lock })
}

/// Opens a database, whose schema must have all migrations of this program.
pub(crate) async fn open(config: &StoreConfig) -> Result<Arc<dyn Backend>, CompositionError> {
    Ok(match config {
        StoreConfig::Sqlite { path } => {
            Arc::new(SqliteStore::open(path, SqliteOptions::default())?)
        }
        StoreConfig::Postgres(postgres) => {
            let options = PostgresOptions {
                connections: postgres.connections,
                replica_url: postgres.replica.as_ref().map(|url| url.expose().to_owned()),
                ..PostgresOptions::default()
            };
            Arc::new(PostgresStore::open(postgres.url.expose(), options).await?)
        }
    })
}

/// Applies the pending migrations and returns their names. A missing SQLite database is created.
///
/// # Errors
/// [`CompositionError`]; a failed migration is rolled back.
pub(crate) async fn migrate(store: &StoreConfig) -> Result<Vec<String>, CompositionError> {
    Ok(match store {
        StoreConfig::Sqlite { path } => infra_sqlite::migrate(path)?,
        StoreConfig::Postgres(postgres) => infra_postgres::migrate(postgres.url.expose()).await?,
    })
}
