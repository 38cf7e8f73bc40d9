//! A copy of the database that may lag behind. What may be a little old is read from it, so that the lists of the
//! staff do not slow the orders of customers down. It is a help and no need: while it is away, nobody notices
//! but the log.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::StoreError;
use tracing::{Instrument as _, field::Empty, info_span};

use crate::{
    connect::Connector,
    database::{Database, DbOperation},
    error::{Unavailable, DbError},
    timeouts::Timeouts,
    pool::Pool,
    url::{Target, UrlError},
};

/// How long somebody waits for a connection to it, before the primary serves them.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long it may take to answer, before the primary does.
const READ_TIMEOUT: Duration = Duration::from_secs(3);
/// How long it is left alone after it was found to be away, or after somebody began to try again. That is longer
/// than a try takes, so that there is one at a time.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// A copy to read from.
pub(crate) struct Replica {
    database: Database,
    /// When it may be asked again; `None` while it is there.
    unavailable_until: Mutex<Option<Instant>>,
}

/// Why a replica cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplicaError {
    /// The URL names no database.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The pool could not be made.
    #[error(transparent)]
    Pool(#[from] DbError),
}

impl Replica {
    /// The copy at that URL, which need not be there yet.
    pub(crate) fn new(url: &str, connections: usize, timeouts: Timeouts) -> Result<Self, ReplicaError> {
        let connector = Connector::new(Target::parse_replica(url)?)?;
        let pool =
            Pool::new(connector, timeouts.for_session(), "replica", connections, CONNECT_TIMEOUT, CONNECT_TIMEOUT)?;
        Ok(Self { database: Database::new(pool, timeouts), unavailable_until: Mutex::new(None) })
    }

    /// Reads, as of one moment that may lie a little back. `None` if the copy is away or not what it should
    /// be, such as one that a migration has not reached yet.
    pub(crate) async fn snapshot<O>(&self, operation: &O) -> Option<O::Output>
    where
        O: DbOperation<Error = StoreError>,
    {
        self.try_read(self.database.snapshot(operation)).await
    }

    /// Reads. Each statement sees the last commit before it that the copy has.
    pub(crate) async fn read<O>(&self, operation: &O) -> Option<O::Output>
    where
        O: DbOperation<Error = StoreError>,
    {
        self.try_read(self.database.read(operation)).await
    }

    async fn try_read<T>(
        &self,
        reading: impl Future<Output = Result<T, StoreError>>,
    ) -> Option<T> {
        if !self.may_try() {
            return None;
        }
        // Its failure is not that of the read, which the primary serves then.
        let span =
            info_span!(target: "oms", "replica", error.type = Empty, otel.status_code = Empty);
        let read = tokio::time::timeout(READ_TIMEOUT, reading.instrument(span)).await;
        match read.unwrap_or_else(|_elapsed| Err(StoreError::from(Unavailable::TimedOut))) {
            Ok(output) => {
                if self.unavailable_until().take().is_some() {
                    tracing::info!("the replica is back");
                }
                Some(output)
            }
            Err(error) => {
                // They may have gone silent with this one.
                self.database.close_idle();
                if self.unavailable_until().replace(Instant::now() + RETRY_INTERVAL).is_none() {
                    tracing::warn!(error = ?error, "the replica is away; the primary serves its reads");
                }
                None
            }
        }
    }

    /// Tells whoever listens how its connections are used now.
    pub(crate) fn record_pool_metrics(&self) {
        self.database.record_pool_metrics();
    }

    /// Refuses further work, and waits for what is under way.
    pub(crate) async fn close(&self) {
        self.database.close().await;
    }

    /// Whether to try. While it is away, one caller tries at a time.
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
