//! The read side: a pool of connections that cannot write, each used by one blocking thread at a
//! time.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use diesel::SqliteConnection;
use domain::StoreError;
use infra_sql::Panicked;
use tokio::sync::Semaphore;

use crate::{
    error::{DbError, Unavailable},
    file::DatabaseFile,
    metrics::ReaderMetrics,
};

/// How long a read waits for an idle connection.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(5);

/// A bounded pool of read connections, each opened when it is first needed.
pub(crate) struct Readers {
    shared: Arc<Shared>,
    size: u32,
    metrics: ReaderMetrics,
}

struct Shared {
    file: DatabaseFile,
    /// One permit for each connection. Closed with the store.
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Readers {
    /// Opens one connection now, as a check that it works, and at most `size` in all.
    pub(crate) fn open(file: DatabaseFile, size: NonZeroU32) -> Result<Self, DbError> {
        let first = file.connect_reader()?;
        let permits = usize::try_from(size.get()).unwrap_or(1).min(Semaphore::MAX_PERMITS);
        let shared = Shared {
            file,
            permits: Arc::new(Semaphore::new(permits)),
            idle: Mutex::new(vec![first]),
        };
        Ok(Self { shared: Arc::new(shared), size: size.get(), metrics: ReaderMetrics::new() })
    }

    /// Runs a read on a thread that may block.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permits = Arc::clone(&self.shared.permits);
        let waiting = self.metrics.wait();
        let permit = tokio::time::timeout(CHECKOUT_TIMEOUT, permits.acquire_owned()).await;
        drop(waiting);
        let permit = match permit {
            Ok(Ok(permit)) => permit,
            Ok(Err(_closed)) => return Err(StoreError::from(Unavailable::Closed)),
            Err(_elapsed) => return Err(StoreError::from(Unavailable::ReadersBusy)),
        };
        let shared = Arc::clone(&self.shared);
        let reading = tokio::task::spawn_blocking(move || {
            let mut conn = shared.check_out()?;
            let found = read(&mut conn);
            // After an error or a panic the connection is closed and not used again.
            if found.is_ok() {
                shared.check_in(conn);
            }
            drop(permit);
            found
        });
        match reading.await {
            Ok(found) => Ok(found?),
            Err(error) if error.is_panic() => Err(StoreError::from(Panicked)),
            Err(_cancelled) => Err(StoreError::from(Unavailable::Closed)),
        }
    }

    /// Records the use of the connections.
    pub(crate) fn record_metrics(&self) {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let in_use = size.saturating_sub(self.shared.permits.available_permits());
        self.metrics.record(self.shared.idle().len(), in_use);
    }

    /// The file, for a connection outside of the pool.
    pub(crate) fn file(&self) -> Result<DatabaseFile, StoreError> {
        if self.shared.permits.is_closed() {
            return Err(StoreError::from(Unavailable::Closed));
        }
        Ok(self.shared.file.clone())
    }

    /// Waits for the reads in progress, then refuses all others and closes the connections.
    pub(crate) async fn close(&self) {
        // This fails if the pool is closed already, which does no harm.
        let all = self.shared.permits.acquire_many(self.size).await;
        self.close_now();
        drop(all);
    }

    /// Refuses further reads and closes the idle connections. Those in use are closed after their
    /// reads.
    pub(crate) fn close_now(&self) {
        self.shared.permits.close();
        self.shared.idle().clear();
    }
}

impl Shared {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        // A panic cannot leave the list in an inconsistent state, so a poisoned lock does no harm.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_out(&self) -> Result<SqliteConnection, DbError> {
        let idle = self.idle().pop();
        idle.map_or_else(|| self.file.connect_reader(), Ok)
    }

    fn check_in(&self, conn: SqliteConnection) {
        let mut idle = self.idle();
        if !self.permits.is_closed() {
            idle.push(conn);
        }
    }
}
