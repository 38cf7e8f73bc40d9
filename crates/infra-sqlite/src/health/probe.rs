//! Whether the file is there, and as this program needs it.
//!
//! A look takes no reader and no turn of the writer. It has a connection of its own, and leaves no trace.

use std::{io::Write as _, path::Path, sync::Arc, time::Duration};

use diesel::{SqliteConnection, connection::SimpleConnection as _, result::Error as DieselError};
use domain::health::Condition;
use tokio::sync::Semaphore;

use crate::{
    error::DbError,
    file::{DatabaseFile, FileIdentity},
    migrate::compare,
};

/// How long the disk may take. The port allows three seconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is written beside the database to see whether it has room to grow: a commit of a few orders.
static ROOM: [u8; 64 * 1024] = [0; 64 * 1024];

/// Takes a look at the file.
#[derive(Clone)]
pub(crate) struct Probe {
    file: DatabaseFile,
    /// The file that was opened at the start: another of the same name is not the one that is written to.
    opened: Option<FileIdentity>,
    /// One look at a time: one that hangs on a disk must not be joined by others.
    turn: Arc<Semaphore>,
}

/// A look that was begun before has not come back.
#[derive(Debug, thiserror::Error)]
#[error("the disk does not answer")]
struct Hanging;

impl Probe {
    pub(crate) fn of(file: &DatabaseFile) -> std::io::Result<Self> {
        let opened = file.identity()?;
        Ok(Self { file: file.clone(), opened, turn: Arc::new(Semaphore::new(1)) })
    }

    pub(crate) async fn look(&self) -> Condition {
        let Ok(turn) = Arc::clone(&self.turn).try_acquire_owned() else {
            return Condition::Down(Arc::new(Hanging));
        };
        let probe = self.clone();
        let looking = tokio::task::spawn_blocking(move || {
            let seen = probe.look_now();
            drop(turn);
            seen
        });
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(Ok(Ok(condition))) => condition,
            Ok(Ok(Err(failure))) => Condition::Down(Arc::new(failure)),
            Ok(Err(died)) => Condition::Down(Arc::new(died)),
            Err(_late) => Condition::Down(Arc::new(Hanging)),
        }
    }

    fn look_now(&self) -> Result<Condition, DbError> {
        // First of all, since SQLite makes a file that is not there.
        match self.file.identity() {
            Ok(found) if found == self.opened => {}
            Ok(_another) => {
                return Ok(unfit("another file has taken the database's place; restart"));
            }
            Err(error) => return Ok(unfit(format!("the file is not there any more: {error}"))),
        }
        if let Err(error) = write_beside(self.file.path()) {
            return Ok(unfit(format!("the disk takes no writes: {error}")));
        }
        let mut conn = self.file.connect()?;
        if let Some(problem) = refused_write(&mut conn)? {
            return Ok(unfit(problem));
        }
        conn.batch_execute("PRAGMA busy_timeout = 1000; PRAGMA query_only = ON;")?;
        Ok(compare(&mut conn)?.condition())
    }
}

fn unfit(problem: impl Into<String>) -> Condition {
    Condition::Unfit { problem: problem.into() }
}

/// Writes to where the database's log lies, into a file without a name that is gone at once. The database's own
/// files must not be opened past SQLite: closing them would let go its locks.
fn write_beside(database: &Path) -> std::io::Result<()> {
    // SQLite follows links before it names the log.
    let database = database.canonicalize()?;
    let directory = database.parent().unwrap_or_else(|| Path::new("/"));
    tempfile::tempfile_in(directory)?.write_all(&ROOM)
}

/// Why SQLite does not let anybody write, if it does not. Takes the write lock for a moment and does nothing with
/// it; if somebody else has it, they are writing, and it can be written.
fn refused_write(conn: &mut SqliteConnection) -> Result<Option<String>, DbError> {
    match conn.batch_execute("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK;") {
        Ok(()) => Ok(None),
        Err(error) if DbError::is_locked(&error) => Ok(None),
        Err(DieselError::DatabaseError(_, why)) => Ok(Some(why.message().to_owned())),
        Err(error) => Err(error.into()),
    }
}
