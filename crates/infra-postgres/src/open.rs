//! Opening a store.

use std::sync::Arc;

use domain::{StoreError, innermost_cause};
use infra_sql::{SchemaError, check_rewritten};

use crate::{
    backfill::PendingBackfills,
    connect::{ConnectError, Connector},
    counts::{CounterCompaction, TotalsCache},
    database::Database,
    error::DbError,
    health::check::DatabaseCheck,
    journal::SettledNumbers,
    migrate::CompareSchema,
    options::PostgresOptions,
    orders::queue::PlacementQueue,
    pool::Pool,
    replica::{Replica, ReplicaError},
    sessions::callers::batch_callers,
    store::PostgresStore,
    url::{Target, UrlError},
};

/// Why a database was not opened. No text quotes a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is not valid.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// No connection could be made.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The schema does not suit this program.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The database cannot be read at the moment.
    #[error("the database could not be opened: {source}", source = innermost_cause(.0))]
    Database(#[source] StoreError),
}

impl From<ReplicaError> for OpenError {
    fn from(error: ReplicaError) -> Self {
        match error {
            ReplicaError::Url(error) => Self::Url(error),
            ReplicaError::Pool(error) => error.into(),
        }
    }
}

impl From<DbError> for OpenError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Connect(error) => Self::Connect(error),
            other => Self::Database(other.into()),
        }
    }
}

impl PostgresStore {
    /// Opens an existing database whose schema is the one that this program knows.
    ///
    /// `url` is `postgres://user:password@host:port/name`. It may name several hosts, of which the
    /// one that accepts writes is used. `?pgbouncer=true` declares an older `PgBouncer` (before
    /// 1.21, or without `max_prepared_statements`) in transaction mode.
    ///
    /// # Errors
    /// [`OpenError`]; the database is unchanged then.
    pub async fn open(url: &str, options: PostgresOptions) -> Result<Self, OpenError> {
        let timeouts = options.timeouts();
        let connector = Connector::new(Target::parse(url)?)?;
        let connect_timeout = connector.timeout();
        let wait_timeout = options.connection_wait;
        let pool = Pool::new(
            connector,
            timeouts.for_session(),
            "primary",
            options.connections,
            wait_timeout,
            connect_timeout,
        )?;
        let replica = match &options.replica_url {
            Some(url) => Some(Replica::new(url, options.connections, timeouts)?),
            None => None,
        };
        // Not through `Database`, so that `OpenError` has the reason why a connection failed.
        pool.check_out().await?.check_in();
        let primary = Arc::new(Database::new(pool, timeouts));
        let state = primary.snapshot(&CompareSchema).await.map_err(OpenError::Database)?;
        state.check_current()?;
        let pending = primary.snapshot(&PendingBackfills).await.map_err(OpenError::Database)?;
        check_rewritten(pending)?;
        let placements = PlacementQueue::start(
            Arc::clone(&primary),
            options.placements,
            options.connection_wait,
        );
        let compaction = CounterCompaction::start(Arc::clone(&primary));
        let totals = TotalsCache::new();
        let settled = SettledNumbers::default();
        let health_check = DatabaseCheck::new(Connector::new(Target::parse(url)?)?);
        let callers = batch_callers(Arc::clone(&primary));
        Ok(Self {
            primary,
            replica,
            placements,
            compaction,
            totals,
            settled,
            health_check,
            callers,
        })
    }
}
