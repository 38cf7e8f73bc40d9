//! The handle on a database: what the ports share, and its close.

use std::sync::Arc;

use diesel::SqliteConnection;
use domain::StoreError;
use infra_sql::SessionBatcher;

use crate::{
    error::{DbError, TxError},
    health::check::FileCheck,
    long_read::LongRead,
    readers::Readers,
    writer::Writer,
};

/// The stores on one embedded SQLite file. It implements all their ports and is shared in an `Arc`.
///
/// Reads and writes run on other threads; no method blocks the thread that calls it. Dropping the
/// handle closes it as well, and blocks until the queued writes are done.
pub struct SqliteStore {
    pub(crate) readers: Arc<Readers>,
    pub(crate) writer: Writer,
    pub(crate) health_check: FileCheck,
    pub(crate) callers: SessionBatcher,
}

impl SqliteStore {
    /// Finishes the reads in progress and the queued writes, copies the write-ahead log into the
    /// database and closes it. Later calls get [`StoreError::Unavailable`]. A second close does
    /// nothing.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Records the use of the connections and the length of the write queue through the `metrics`
    /// facade.
    pub fn record_pool_metrics(&self) {
        self.readers.record_metrics();
        self.writer.record_metrics();
    }

    /// Runs a read on a thread that may block. Each statement sees the last commit; several that
    /// must see the same one need a transaction.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.run(read).await
    }

    /// Begins a read of the whole database as of now, on a connection outside the pool of readers.
    pub(crate) async fn long_read(&self) -> Result<LongRead, StoreError> {
        LongRead::begin(self.readers.file()?).await
    }

    /// Runs a write in a transaction on the writer thread.
    pub(crate) async fn write<T, E>(
        &self,
        write: impl FnOnce(&mut SqliteConnection) -> Result<T, TxError<E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writer.run(write).await
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.readers.file().is_err()
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.readers.close_now();
    }
}
