//! Checks that the file exists, can be written, and has the schema that this program needs.
//!
//! A check uses neither a reader nor the writer but a separate connection, and leaves no data
//! behind.

use std::{io::Write as _, path::Path, sync::Arc, time::Duration};

use diesel::{SqliteConnection, connection::SimpleConnection as _, result::Error as DieselError};
use domain::health::DependencyStatus;
use tokio::sync::Semaphore;

use crate::{
    error::DbError,
    file::{DatabaseFile, FileIdentity},
    migrate::compare,
};

/// How long a check may take. The port allows three seconds.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// Written to a temporary file in the directory of the database, to check that there is free space:
/// about as much as the commit of a few orders writes.
static TEST_BLOCK: [u8; 64 * 1024] = [0; 64 * 1024];

/// Checks the file.
#[derive(Clone)]
pub(crate) struct FileCheck {
    file: DatabaseFile,
    /// The file that was opened at the start. The store does not write to another one at the same
    /// path.
    opened: Option<FileIdentity>,
    /// Permits one check at a time, so that checks do not pile up on a disk that hangs.
    permit: Arc<Semaphore>,
}

/// A check timed out, or an earlier check that timed out is still running.
#[derive(Debug, thiserror::Error)]
#[error("the disk does not respond")]
struct DiskTimeout;

impl FileCheck {
    pub(crate) fn of(file: &DatabaseFile) -> std::io::Result<Self> {
        let opened = file.identity()?;
        Ok(Self { file: file.clone(), opened, permit: Arc::new(Semaphore::new(1)) })
    }

    pub(crate) async fn check(&self) -> DependencyStatus {
        let Ok(permit) = Arc::clone(&self.permit).try_acquire_owned() else {
            return DependencyStatus::Down(Arc::new(DiskTimeout));
        };
        let check = self.clone();
        let checking = tokio::task::spawn_blocking(move || {
            let status = check.check_blocking();
            drop(permit);
            status
        });
        match tokio::time::timeout(CHECK_TIMEOUT, checking).await {
            Ok(Ok(Ok(status))) => status,
            Ok(Ok(Err(failure))) => DependencyStatus::Down(Arc::new(failure)),
            Ok(Err(error)) => DependencyStatus::Down(Arc::new(error)),
            Err(_elapsed) => DependencyStatus::Down(Arc::new(DiskTimeout)),
        }
    }

    fn check_blocking(&self) -> Result<DependencyStatus, DbError> {
        // Before a connection is opened, since SQLite creates a missing file.
        match self.file.identity() {
            Ok(found) if found == self.opened => {}
            Ok(_another) => {
                return Ok(unfit("another file has taken the database's place; restart"));
            }
            Err(error) => return Ok(unfit(format!("the file cannot be found: {error}"))),
        }
        if let Err(error) = write_beside(self.file.path()) {
            return Ok(unfit(format!("the disk cannot be written: {error}")));
        }
        let mut conn = self.file.connect()?;
        if let Some(problem) = write_problem(&mut conn)? {
            return Ok(unfit(problem));
        }
        conn.batch_execute("PRAGMA busy_timeout = 1000; PRAGMA query_only = ON;")?;
        Ok(compare(&mut conn)?.condition())
    }
}

fn unfit(problem: impl Into<String>) -> DependencyStatus {
    DependencyStatus::Unusable { problem: problem.into() }
}

/// Writes into an unnamed temporary file in the directory of the database and its write-ahead log.
/// The database's own files must not be opened without SQLite: closing them would release its
/// locks.
fn write_beside(database: &Path) -> std::io::Result<()> {
    // SQLite resolves links before it names the log.
    let database = database.canonicalize()?;
    let directory = database.parent().unwrap_or_else(|| Path::new("/"));
    tempfile::tempfile_in(directory)?.write_all(&TEST_BLOCK)
}

/// Why SQLite refuses writes, if it does. Takes the write lock and releases it at once. If another
/// connection holds the lock, that one is writing, so writes work.
fn write_problem(conn: &mut SqliteConnection) -> Result<Option<String>, DbError> {
    match conn.batch_execute("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK;") {
        Ok(()) => Ok(None),
        Err(error) if DbError::is_locked(&error) => Ok(None),
        Err(DieselError::DatabaseError(_, why)) => Ok(Some(why.message().to_owned())),
        Err(error) => Err(error.into()),
    }
}
