//! The reading side: a few connections that cannot write, each used by one blocking thread at a time.

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
    error::{Unavailable, DbError},
    file::DatabaseFile,
    metrics::ReaderMetrics,
};

/// How long a read waits for a reader to become free.
const PATIENCE: Duration = Duration::from_secs(5);

/// A bounded set of read connections, opened when first needed.
pub(crate) struct Readers {
    shared: Arc<Shared>,
    size: u32,
    metrics: ReaderMetrics,
}

struct Shared {
    file: DatabaseFile,
    /// One permit a connection. Closed when the store is.
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Readers {
    /// Opens one connection now, to see that it works, and at most `size` in all.
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

    /// Does a piece of reading on a thread that may block.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permits = Arc::clone(&self.shared.permits);
        let waiting = self.metrics.wait();
        let permit = tokio::time::timeout(PATIENCE, permits.acquire_owned()).await;
        drop(waiting);
        let permit = match permit {
            Ok(Ok(permit)) => permit,
            Ok(Err(_closed)) => return Err(StoreError::from(Unavailable::Closed)),
            Err(_elapsed) => return Err(StoreError::from(Unavailable::ReadersBusy)),
        };
        let shared = Arc::clone(&self.shared);
        let reading = tokio::task::spawn_blocking(move || {
            let mut conn = shared.take()?;
            let found = read(&mut conn);
            // A connection in doubt is not used again. After a panic, none is put back either.
            if found.is_ok() {
                shared.put_back(conn);
            }
            drop(permit);
            found
        });
        match reading.await {
            Ok(found) => Ok(found?),
            Err(died) if died.is_panic() => Err(StoreError::from(Panicked)),
            Err(_cancelled) => Err(StoreError::from(Unavailable::Closed)),
        }
    }

    /// Tells whoever listens how the connections are used now.
    pub(crate) fn show(&self) {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let in_use = size.saturating_sub(self.shared.permits.available_permits());
        self.metrics.show(self.shared.idle().len(), in_use);
    }

    /// The file, for a connection beside these.
    pub(crate) fn file(&self) -> Result<DatabaseFile, StoreError> {
        if self.shared.permits.is_closed() {
            return Err(StoreError::from(Unavailable::Closed));
        }
        Ok(self.shared.file.clone())
    }

    /// Waits for the reads under way, then refuses all others and closes the connections.
    pub(crate) async fn close(&self) {
        // An error says that somebody else has closed them.
        let all = self.shared.permits.acquire_many(self.size).await;
        self.close_now();
        drop(all);
    }

    /// Refuses further reads and closes the idle connections; those in use close when they are done.
    pub(crate) fn close_now(&self) {
        self.shared.permits.close();
        self.shared.idle().clear();
    }
}

impl Shared {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        // The list is whole at every moment; whoever panicked elsewhere did not harm it.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Result<SqliteConnection, DbError> {
        let idle = self.idle().pop();
        idle.map_or_else(|| self.file.connect_reader(), Ok)
    }

    fn put_back(&self, conn: SqliteConnection) {
        let mut idle = self.idle();
        if !self.permits.is_closed() {
            idle.push(conn);
        }
    }
}
