//! A database with all its ports; opening and migrating it.

use std::{fmt::Display, sync::Arc};

use async_trait::async_trait;
use domain::{
    account::port::{AccountStore, SessionStore},
    archive::{ArchiveSource, ArchiveTarget},
    audit::Auditor,
    events::port::EventStore,
    health::Dependency,
    order::port::OrderStore,
    product::port::ProductStore,
    shop::port::ShopStore,
};
use infra_postgres::{MigrationObserver, PostgresOptions, PostgresStore};
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
    + EventStore
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
/// [`CompositionError`] if another program serves the file, or the file belongs to another program.
pub(crate) fn claim(store: &StoreConfig) -> Result<DatabaseClaim, CompositionError> {
    let lock = match store {
        StoreConfig::Sqlite { path } => {
            infra_sqlite::refuse_foreign(path)?;
            Some(ExclusiveLock::take(path)?)
        }
        StoreConfig::Postgres(_) => None,
    };
    Ok(DatabaseClaim { _lock: lock })
}

/// What a program does with a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DatabaseAccess {
    /// It only reads. An SQLite file may be one to which it cannot write, such as a backup.
    Read,
    /// It also writes.
    Full,
}

/// Opens a database, whose schema must have all migrations of this program.
pub(crate) async fn open(
    config: &StoreConfig,
    access: DatabaseAccess,
) -> Result<Arc<dyn Backend>, CompositionError> {
    Ok(match (config, access) {
        (StoreConfig::Sqlite { path }, DatabaseAccess::Read) => {
            Arc::new(SqliteStore::open_to_read(path, SqliteOptions::default())?)
        }
        (StoreConfig::Sqlite { path }, DatabaseAccess::Full) => {
            Arc::new(SqliteStore::open(path, SqliteOptions::default())?)
        }
        (StoreConfig::Postgres(postgres), _) => {
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
pub(crate) async fn migrate(
    store: &StoreConfig,
    progress: &MigrationProgress,
) -> Result<Vec<String>, CompositionError> {
    Ok(match store {
        StoreConfig::Sqlite { path } => infra_sqlite::migrate(path)?,
        StoreConfig::Postgres(postgres) => {
            let progress = Arc::clone(progress);
            let observer: MigrationObserver = Arc::new(move |step| progress(&step));
            infra_postgres::migrate_observed(postgres.url.expose(), &observer).await?
        }
    })
}

/// Is called with each step of a migration that takes long, on any thread.
pub(crate) type MigrationProgress = Arc<dyn Fn(&dyn Display) + Send + Sync>;

/// Logs each step.
pub(crate) fn log_progress() -> MigrationProgress {
    Arc::new(|step| tracing::info!("{step}"))
}
