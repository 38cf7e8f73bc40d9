//! The database's file: its path, and new connections to it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};

use crate::{error::DbError, pragmas};

/// Creates a directory and those above it, unless they exist. Only the owner has access to those
/// that it creates.
pub(crate) fn create_private_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A database file, and what its connections may do.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseFile {
    /// Absolute and in UTF-8. SQLite would take a relative path that starts with `file:` for a URI.
    path: String,
    access: Access,
}

/// What connections to a file may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Reads and writes.
    Full,
    /// Reads only, from a file that programs may be writing.
    Read,
    /// Reads only, from a file that does not change: SQLite takes no locks, and needs no files
    /// beside it, which it could not create.
    ReadUnchanging,
}

/// The device and inode of a file: two paths with the same ones lead to the same file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileIdentity(u64, u64);

/// Why a file cannot be read. The error of opening a store has the texts.
#[derive(Debug)]
pub(crate) enum ReadAccessError {
    /// A log beside it, which belongs to its contents, cannot be read without writing.
    UnreadableLog,
    /// SQLite refuses it.
    Database(DbError),
}

impl DatabaseFile {
    /// The file at that path, which need not exist.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        let absolute: PathBuf = std::path::absolute(path)?;
        absolute
            .into_os_string()
            .into_string()
            .map(|path| Self { path, access: Access::Full })
            .map_err(|_raw| io::Error::new(io::ErrorKind::InvalidInput, "the path is not UTF-8"))
    }

    /// The same file, for reads only. Also one to which this process may not write, in a directory
    /// to which it may not write, such as a backup.
    ///
    /// SQLite needs files beside a database with a write-ahead log, even to read it. Where they are
    /// missing and cannot be created, no program has the file open.
    pub(crate) fn to_read(&self) -> Result<Self, ReadAccessError> {
        let with = |access| Self { path: self.path.clone(), access };
        let file = with(Access::Read);
        let Err(failure) = file.try_read() else { return Ok(file) };
        if !failure.is_for_lack_of_write_access() || self.has_beside("-shm") {
            return Err(ReadAccessError::Database(failure));
        }
        if self.has_beside("-wal") || self.has_beside("-journal") {
            return Err(ReadAccessError::UnreadableLog);
        }
        let file = with(Access::ReadUnchanging);
        file.try_read().map_err(ReadAccessError::Database)?;
        Ok(file)
    }

    fn try_read(&self) -> Result<(), DbError> {
        let tables = "SELECT count(*) FROM sqlite_schema";
        Ok(self.connect_reader()?.batch_execute(tables)?)
    }

    /// Whether there is a file that is not empty, with this suffix.
    fn has_beside(&self, suffix: &str) -> bool {
        fs::metadata(format!("{}{suffix}", self.path)).is_ok_and(|found| found.len() > 0)
    }

    pub(crate) fn exists(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|found| found.is_file())
    }

    pub(crate) fn path(&self) -> &Path {
        Path::new(&self.path)
    }

    /// The identity of the file at the path now. `None` on systems without inodes.
    pub(crate) fn identity(&self) -> io::Result<Option<FileIdentity>> {
        let found = fs::metadata(&self.path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            Ok(Some(FileIdentity(found.dev(), found.ino())))
        }
        #[cfg(not(unix))]
        {
            drop(found);
            Ok(None)
        }
    }

    /// Creates the file, empty, and its directory, unless they exist. Only its owner may read and
    /// write it, since it holds personal data and hashes of passwords. SQLite creates the files
    /// beside it with the same permissions. An existing file is not opened: closing it would
    /// release the locks of SQLite's connections to it.
    pub(crate) fn create_if_missing(&self) -> io::Result<()> {
        if self.exists() {
            return Ok(());
        }
        if let Some(directory) = Path::new(&self.path).parent() {
            create_private_directory(directory)?;
        }
        let mut options = fs::OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.path).map(|_file| ())
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.access == Access::Full
    }

    /// A connection without any settings.
    ///
    /// # Errors
    /// [`DbError`] if the file is missing, for example because it was moved while a server runs. An
    /// empty one in its place would be taken for the shop's.
    pub(crate) fn connect(&self) -> Result<SqliteConnection, DbError> {
        let parameter = match self.access {
            // Without it, SQLite creates a missing file.
            Access::Full | Access::Read => "mode=rw",
            Access::ReadUnchanging => "immutable=1",
        };
        Ok(SqliteConnection::establish(&format!("file:{}?{parameter}", escape(&self.path)))?)
    }

    /// A connection for writes. On a file that is only read, each write on it fails.
    pub(crate) fn connect_writer(&self) -> Result<SqliteConnection, DbError> {
        let mut conn = self.connect()?;
        match self.access {
            Access::Full => pragmas::prepare_writer(&mut conn)?,
            Access::Read | Access::ReadUnchanging => pragmas::prepare_reader(&mut conn)?,
        }
        Ok(conn)
    }

    pub(crate) fn connect_reader(&self) -> Result<SqliteConnection, DbError> {
        let mut conn = self.connect()?;
        pragmas::prepare_reader(&mut conn)?;
        Ok(conn)
    }
}

/// Escapes a path for a URI.
fn escape(path: &str) -> String {
    let escape = |byte| match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02x}"),
    };
    path.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_to_a_missing_file_fail_and_do_not_create_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = DatabaseFile::at(&directory.path().join("a shop? #1 50%.db")).unwrap();
        assert!(file.connect_writer().is_err());
        assert!(file.connect_reader().is_err());
        assert!(!file.exists());
        file.create_if_missing().unwrap();
        assert!(file.connect_writer().is_ok());
        fs::rename(file.path(), directory.path().join("moved")).unwrap();
        assert!(file.connect_reader().is_err());
        assert!(!file.exists());
    }
}
