//! The handle on a database: what the ports share, and closing it.

use std::sync::Arc;

use diesel::SqliteConnection;
use domain::StoreError;
use infra_sql::SessionBatcher;

use crate::{
    error::{TxError, DbError},
    health::probe::Probe,
    long_read::LongRead,
    readers::Readers,
    writer::Writer,
};

/// The stores on one embedded SQLite file: all their ports on one handle, to be shared in an `Arc`.
///
/// Reads and writes run on threads of their own; no method blocks the thread that calls it. Dropping the
/// handle does what [`close`](Self::close) does, and does block for it.
pub struct SqliteStore {
    pub(crate) readers: Arc<Readers>,
    pub(crate) writer: Writer,
    pub(crate) probe: Probe,
    /// Finds who calls, for many requests at once.
    pub(crate) callers: SessionBatcher,
}

impl SqliteStore {
    /// Finishes the reads under way and the writes that are queued, copies the log into the database and
    /// closes it. Calls from then on get [`StoreError::Unavailable`]. Closing twice does no harm.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Tells whoever listens through the `metrics` facade how the connections are used now, and how much waits
    /// to be written.
    pub fn record_pool_metrics(&self) {
        self.readers.show();
        self.writer.show();
    }

    /// Reads, on a thread that may block. Each statement sees the last commit; reads that must agree with
    /// each other need a transaction.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.run(read).await
    }

    /// Begins to read the whole database as of now, beside all other readers.
    pub(crate) async fn long_read(&self) -> Result<LongRead, StoreError> {
        LongRead::begin(self.readers.file()?).await
    }

    /// Writes, in a transaction, on the writing thread.
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
