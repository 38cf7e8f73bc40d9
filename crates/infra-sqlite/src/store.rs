//! The handle: opening a database, and closing it.

use std::{num::NonZeroU32, path::Path};

use diesel::SqliteConnection;
use domain::StoreError;

use crate::{
    error::{Abort, Failure},
    file::DatabaseFile,
    health::Probe,
    long_read::LongRead,
    migrate::{SchemaState, schema_state},
    readers::Readers,
    writer::Writer,
};

/// How much a store may do at once.
#[derive(Debug, Clone, Copy)]
pub struct SqliteOptions {
    /// The most reads at the same time. Each takes a connection, with up to 2 MiB of cache.
    pub readers: NonZeroU32,
    /// The most writes that commit together.
    pub max_batch: usize,
    /// The most writes that wait; further ones wait to be let in.
    pub queue: usize,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        const FOUR: NonZeroU32 = NonZeroU32::MIN.saturating_add(3);
        Self { readers: FOUR, max_batch: 256, queue: 1024 }
    }
}

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file. [`migrate`](crate::migrate()) makes it.
    #[error("there is no database file")]
    Missing,
    /// The schema is older than this program.
    #[error("the database lacks migrations: {}", pending.join(", "))]
    SchemaBehind {
        /// The migrations that it lacks, by name.
        pending: Vec<String>,
    },
    /// The schema is of the time before the first release.
    #[error(
        "the database was made before the first release, by migrations that this program no longer has ({}): \
         it can only be replaced by a new, empty one",
        versions.join(", ")
    )]
    SchemaBeforeRelease {
        /// The versions of its migrations that this program does not know.
        versions: Vec<String>,
    },
    /// The schema is newer than this program, or another program's.
    #[error("the database has migrations that this program does not know: {}", versions.join(", "))]
    SchemaUnknown {
        /// The versions of those migrations.
        versions: Vec<String>,
    },
    /// The path cannot be used, or the writing thread could not be started.
    #[error("the database could not be opened: {0}")]
    Io(#[from] std::io::Error),
    /// The file is no database, or cannot be read or written now.
    #[error("the database could not be opened: {source}", source = root(.0))]
    Database(#[source] StoreError),
}

/// The innermost cause: what an operator needs to read.
fn root(error: &StoreError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        Self::Database(failure.into())
    }
}

/// The stores on one embedded SQLite file: all their ports on one handle, to be shared in an `Arc`.
///
/// Reads and writes run on threads of their own; no method blocks the thread that calls it. Dropping the
/// handle does what [`close`](Self::close) does, and does block for it.
pub struct SqliteStore {
    readers: Readers,
    writer: Writer,
    probe: Probe,
}

impl SqliteStore {
    /// Opens an existing database whose schema is the one that this program knows.
    ///
    /// # Errors
    /// [`OpenError`]; the file is unchanged then.
    pub fn open(path: &Path, options: SqliteOptions) -> Result<Self, OpenError> {
        let file = DatabaseFile::at(path)?;
        if !file.exists() {
            return Err(OpenError::Missing);
        }
        match schema_state(&mut file.connect()?)? {
            SchemaState::Current => {}
            SchemaState::Behind(pending) => return Err(OpenError::SchemaBehind { pending }),
            SchemaState::Unknown { versions, .. } => {
                return Err(OpenError::SchemaUnknown { versions });
            }
            SchemaState::BeforeRelease { versions, .. } => {
                return Err(OpenError::SchemaBeforeRelease { versions });
            }
        }
        let conn = file.connect_writer()?;
        let probe = Probe::of(&file)?;
        let readers = Readers::open(file.clone(), options.readers)?;
        let writer = Writer::start(file, conn, options.max_batch, options.queue)?;
        Ok(Self { readers, writer, probe })
    }

    /// Finishes the reads under way and the writes that are queued, copies the log into the database and
    /// closes it. Calls from then on get [`StoreError::Unavailable`]. Closing twice does no harm.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Tells whoever listens through the `metrics` facade how the connections are used now, and how much waits
    /// to be written.
    pub fn show_pools(&self) {
        self.readers.show();
        self.writer.show();
    }

    /// Reads, on a thread that may block. Each statement sees the last commit; reads that must agree with
    /// each other need a transaction.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T, Failure> + Send + 'static,
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
        write: impl FnOnce(&mut SqliteConnection) -> Result<T, Abort<E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writer.run(write).await
    }

    /// Whether somebody has closed it.
    pub(crate) fn is_closed(&self) -> bool {
        self.readers.file().is_err()
    }

    /// Finds out how the file is.
    pub(crate) fn probe(&self) -> &Probe {
        &self.probe
    }

    /// The way to the writing thread, for placements, which it merges.
    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.readers.close_now();
    }
}
