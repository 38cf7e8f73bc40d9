//! Opens a database.

use std::{num::NonZeroU32, path::Path, sync::Arc};

use domain::{StoreError, innermost_cause};
use infra_sql::{SchemaError, check_rewritten};

use crate::{
    backfill,
    error::DbError,
    file::{DatabaseFile, ReadAccessError},
    health::check::FileCheck,
    migrate::schema_state,
    readers::Readers,
    sessions::callers::batch_callers,
    store::SqliteStore,
    writer::Writer,
};

/// The limits of a store.
#[derive(Debug, Clone, Copy)]
pub struct SqliteOptions {
    /// The maximum of reads at the same time. Each uses a connection with up to 2 MiB of cache.
    pub readers: NonZeroU32,
    /// The maximum of writes that commit together.
    pub max_batch: usize,
    /// The maximum of queued writes. Further callers wait until there is room in the queue.
    pub queue: usize,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        const DEFAULT_READERS: NonZeroU32 = NonZeroU32::MIN.saturating_add(3);
        Self { readers: DEFAULT_READERS, max_batch: 256, queue: 1024 }
    }
}

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no file at the path. [`migrate`](crate::migrate()) creates it.
    #[error("there is no database file")]
    Missing,
    /// The schema does not suit this program.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The file is read-only, and so is its directory, and a log beside it is part of the database.
    #[error(
        "the log beside the file, which is part of the database, cannot be read where nothing can \
         be written: copy both to another directory"
    )]
    UnreadableLog,
    /// The path cannot be used, or the writer thread could not be started.
    #[error("the database could not be opened: {0}")]
    Io(#[from] std::io::Error),
    /// The file is not a database, or cannot be read or written now.
    #[error("the database could not be opened: {source}", source = innermost_cause(.0))]
    Database(#[source] StoreError),
}

impl From<DbError> for OpenError {
    fn from(failure: DbError) -> Self {
        Self::Database(failure.into())
    }
}

impl From<ReadAccessError> for OpenError {
    fn from(error: ReadAccessError) -> Self {
        match error {
            ReadAccessError::UnreadableLog => Self::UnreadableLog,
            ReadAccessError::Database(failure) => failure.into(),
        }
    }
}

impl SqliteStore {
    /// Opens an existing database whose schema is the one that this program knows.
    ///
    /// # Errors
    /// [`OpenError`]; the file is unchanged then.
    pub fn open(path: &Path, options: SqliteOptions) -> Result<Self, OpenError> {
        Self::open_file(existing(path)?, options)
    }

    /// As [`Self::open`], for reads alone: also a file to which this process may not write, in a
    /// directory to which it may not write, such as a backup. Every write fails.
    ///
    /// # Errors
    /// [`OpenError`]; the file is unchanged.
    pub fn open_to_read(path: &Path, options: SqliteOptions) -> Result<Self, OpenError> {
        Self::open_file(existing(path)?.to_read()?, options)
    }

    fn open_file(file: DatabaseFile, options: SqliteOptions) -> Result<Self, OpenError> {
        let mut conn = file.connect()?;
        schema_state(&mut conn)?.check_current()?;
        check_rewritten(backfill::pending(&mut conn).map_err(DbError::from)?)?;
        drop(conn);
        let conn = file.connect_writer()?;
        let health_check = FileCheck::of(&file)?;
        let readers = Arc::new(Readers::open(file.clone(), options.readers)?);
        let writer = Writer::start(file, conn, options.max_batch, options.queue)?;
        let callers = batch_callers(Arc::clone(&readers));
        Ok(Self { readers, writer, health_check, callers })
    }
}

fn existing(path: &Path) -> Result<DatabaseFile, OpenError> {
    let file = DatabaseFile::at(path)?;
    if file.exists() { Ok(file) } else { Err(OpenError::Missing) }
}
