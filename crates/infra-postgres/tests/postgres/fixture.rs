//! A store on a separate database, for each test.

use std::{sync::Arc, time::Duration};

use infra_postgres::{PostgresOptions, PostgresStore};
use port_contracts::StoreFixture;
use tokio_postgres::Client;

pub(crate) use crate::database::{Database, connect, server_url, url_of};

impl Database {
    /// An empty database, without tables.
    pub(crate) async fn empty() -> Self {
        Self::copy_of("template0").await
    }

    pub(crate) async fn store(&self) -> Arc<PostgresStore> {
        Arc::new(PostgresStore::open(&self.url(), options()).await.unwrap())
    }

    /// A direct connection, as an operator would use it.
    pub(crate) async fn operator(&self) -> Client {
        connect(&self.url()).await
    }
}

/// A store on a migrated database.
pub(crate) struct TestStore {
    pub(crate) store: Arc<PostgresStore>,
    pub(crate) database: Database,
}

impl TestStore {
    pub(crate) async fn open() -> Self {
        Self::open_with(options()).await
    }

    /// Opens one with these options.
    pub(crate) async fn open_with(options: PostgresOptions) -> Self {
        let database = Database::migrated().await;
        let store = PostgresStore::open(&database.url(), options).await.unwrap();
        Self { store: Arc::new(store), database }
    }
}

impl StoreFixture for TestStore {
    type Store = PostgresStore;

    fn store(&self) -> Arc<PostgresStore> {
        self.store.clone()
    }
}

/// Few connections, as many tests share a server.
pub(crate) fn options() -> PostgresOptions {
    PostgresOptions { connections: 6, ..PostgresOptions::default() }
}

/// A timeout that never expires in a test.
pub(crate) const UNREACHED_TIMEOUT: Duration = Duration::from_mins(10);

/// The same options with timeouts that do not expire while a test holds a lock.
pub(crate) fn with_long_timeouts() -> PostgresOptions {
    PostgresOptions {
        lock_timeout: UNREACHED_TIMEOUT,
        deadline: UNREACHED_TIMEOUT,
        statement_timeout: UNREACHED_TIMEOUT,
        ..options()
    }
}
