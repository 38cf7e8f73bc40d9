//! The lock by which a program has a database file to itself.
//!
//! Readers of one process cache what they read, and only that process knows what it changed. So of
//! several programs that change a shop all the time, one alone may use a file. Commands that read,
//! or change a little, work beside it and take no lock.
//!
//! The lock is an advisory one on a file beside the database, `<database>-lock`, and not on the
//! database itself: closing any descriptor of that would release SQLite's own locks. The operating
//! system releases it when the process ends, however it ends, so the file stays and means nothing
//! by itself.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process,
};

use crate::file::{DatabaseFile, create_private_directory};

/// The most symbolic links that are followed to a database that does not exist yet.
const MAX_LINKS: u32 = 40;

/// Exclusive use of a database file, until it is dropped or the process ends.
#[derive(Debug)]
pub struct ExclusiveLock {
    _file: File,
}

/// Why a program does not get a database file to itself.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another program uses the file.
    #[error(
        "another program{} uses the file, and one at a time can: stop that one first, or move to \
         PostgreSQL, which any number can share",
        holder.map(|id| format!(" (process {id})")).unwrap_or_default()
    )]
    Held {
        /// The id of its process, if it is known. In a container it is the id there.
        holder: Option<u32>,
    },
    /// The file has several hard links. SQLite keeps a log for each name, so programs that use
    /// different ones damage the data, and no lock could keep them apart.
    #[error(
        "the file has {links} names (hard links), which SQLite takes for {links} databases: remove all but one"
    )]
    HardLinks {
        /// The number of names.
        links: u64,
    },
    /// The lock file cannot be made or locked.
    #[error("the lock file {path} cannot be used: {cause}")]
    Io {
        /// The path of the lock file.
        path: String,
        /// The reason.
        #[source]
        cause: io::Error,
    },
}

impl ExclusiveLock {
    /// Takes the lock of the database file at `database`, which need not exist, and does not wait
    /// for it. All paths to a file, through symbolic links as well, have one lock. Makes the file's
    /// directory if it is missing.
    ///
    /// On a file system without locks it succeeds, and logs a warning.
    ///
    /// # Errors
    /// [`LockError`]; the database is not touched.
    pub fn take(database: &Path) -> Result<Self, LockError> {
        let path = lock_path(database).map_err(|cause| failed(database, cause))?;
        let failed = |cause| failed(&path, cause);
        check_hard_links(database)?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                let id = process::id().to_string();
                file.set_len(0).and_then(|()| file.write_all(id.as_bytes())).map_err(failed)?;
            }
            Err(TryLockError::WouldBlock) => return Err(LockError::Held { holder: holder(&file) }),
            Err(TryLockError::Error(cause)) if cause.kind() == io::ErrorKind::Unsupported => {
                tracing::warn!(
                    "the file system has no locks, so nothing keeps a second program from using {}",
                    database.display()
                );
            }
            Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        }
        Ok(Self { _file: file })
    }
}

fn failed(path: &Path, cause: io::Error) -> LockError {
    LockError::Io { path: path.display().to_string(), cause }
}

/// The process that wrote its id into the lock file.
fn holder(mut file: &File) -> Option<u32> {
    let mut id = String::new();
    file.read_to_string(&mut id).ok()?;
    id.trim().parse().ok()
}

/// The path of the lock file: beside the file that SQLite opens, which follows symbolic links.
fn lock_path(database: &Path) -> io::Result<PathBuf> {
    let database = DatabaseFile::at(database)?;
    let mut path = resolve(database.path(), MAX_LINKS)?.into_os_string();
    path.push("-lock");
    Ok(path.into())
}

/// The path without symbolic links of a file that need not exist. Makes its directory.
fn resolve(path: &Path, links: u32) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound && links > 0 => {}
        resolved => return resolved,
    }
    let directory = path.parent().unwrap_or_else(|| Path::new("/"));
    if let Ok(target) = fs::read_link(path) {
        return resolve(&directory.join(target), links - 1);
    }
    create_private_directory(directory)?;
    Ok(directory.canonicalize()?.join(path.file_name().unwrap_or_default()))
}

#[cfg(unix)]
fn check_hard_links(database: &Path) -> Result<(), LockError> {
    use std::os::unix::fs::MetadataExt as _;
    match fs::metadata(database) {
        Ok(found) if found.is_file() && found.nlink() > 1 => {
            Err(LockError::HardLinks { links: found.nlink() })
        }
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn check_hard_links(_database: &Path) -> Result<(), LockError> {
    Ok(())
}
