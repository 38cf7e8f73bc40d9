//! The read replica, which may lag behind the primary. Reads that may be stale are sent to it, so
//! that lists for staff do not slow down the orders of customers. It is optional: while it is
//! unavailable, the primary serves its reads, which only the log shows.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::StoreError;
use tracing::{Instrument as _, field::Empty, info_span};

use crate::{
    connect::Connector,
    database::{Database, DbOperation},
    error::{DbError, Unavailable},
    pool::Pool,
    timeouts::Timeouts,
    url::{Target, UrlError},
};

/// How long a read waits for a connection to the replica, before the primary serves the read.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a read may take, before the primary serves it.
const READ_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the replica gets no reads after a read failed, or after a retry began. This is longer
/// than the timeout of a read, so there is one retry at a time.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

pub(crate) struct Replica {
    database: Database,
    /// When the next read may be tried; `None` while it is available.
    unavailable_until: Mutex<Option<Instant>>,
}

/// Why a replica cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplicaError {
    /// The URL is not valid.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The pool could not be made.
    #[error(transparent)]
    Pool(#[from] DbError),
}

impl Replica {
    /// The replica at this URL, which need not be available yet.
    pub(crate) fn new(
        url: &str,
        connections: usize,
        timeouts: Timeouts,
    ) -> Result<Self, ReplicaError> {
        let connector = Connector::new(Target::parse_replica(url)?)?;
        let pool = Pool::new(
            connector,
            timeouts.for_session(),
            "replica",
            connections,
            CONNECT_TIMEOUT,
            CONNECT_TIMEOUT,
        )?;
        Ok(Self { database: Database::new(pool, timeouts), unavailable_until: Mutex::new(None) })
    }

    /// Reads one snapshot, which may be stale. `None` if the replica is unavailable or unusable,
    /// for example because it has not replicated a migration yet.
    pub(crate) async fn snapshot<O>(&self, operation: &O) -> Option<O::Output>
    where
        O: DbOperation<Error = StoreError>,
    {
        self.try_read(self.database.snapshot(operation)).await
    }

    /// Reads without a transaction. Each statement sees the last commit before it that the replica
    /// has.
    pub(crate) async fn read<O>(&self, operation: &O) -> Option<O::Output>
    where
        O: DbOperation<Error = StoreError>,
    {
        self.try_read(self.database.read(operation)).await
    }

    async fn try_read<T>(&self, read: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
        if !self.may_try() {
            return None;
        }
        // The read has its own span: an error of the replica is no error of the caller, whose read
        // the primary then serves.
        let span =
            info_span!(target: "oms", "replica", error.type = Empty, otel.status_code = Empty);
        let result = tokio::time::timeout(READ_TIMEOUT, read.instrument(span)).await;
        match result.unwrap_or_else(|_elapsed| Err(StoreError::from(Unavailable::TimedOut))) {
            Ok(output) => {
                if self.unavailable_until().take().is_some() {
                    tracing::info!("the replica is available again");
                }
                Some(output)
            }
            Err(error) => {
                // The idle connections may be dead as well.
                self.database.close_idle();
                if self.unavailable_until().replace(Instant::now() + RETRY_INTERVAL).is_none() {
                    tracing::warn!(error = ?error, "the replica is unavailable; the primary serves its reads");
                }
                None
            }
        }
    }

    /// Records the pool's metrics as of now.
    pub(crate) fn record_pool_metrics(&self) {
        self.database.record_pool_metrics();
    }

    /// Refuses further reads, and waits for those in progress.
    pub(crate) async fn close(&self) {
        self.database.close().await;
    }

    /// Whether to try a read. While the replica is unavailable, one caller tries at a time.
    fn may_try(&self) -> bool {
        let mut unavailable_until = self.unavailable_until();
        match *unavailable_until {
            Some(until) if Instant::now() < until => false,
            Some(_) => {
                *unavailable_until = Some(Instant::now() + RETRY_INTERVAL);
                true
            }
            None => true,
        }
    }

    fn unavailable_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.unavailable_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
