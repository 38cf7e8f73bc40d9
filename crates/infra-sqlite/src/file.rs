//! The database's file: its path, and new connections to it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use diesel::{Connection as _, SqliteConnection};

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

/// The path of a database file: absolute and in UTF-8. SQLite would take a relative path that
/// starts with `file:` for a URI.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseFile(String);

/// The device and inode of a file: two paths with the same ones lead to the same file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileIdentity(u64, u64);

impl DatabaseFile {
    /// The file at that path, which need not exist.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        let absolute: PathBuf = std::path::absolute(path)?;
        absolute
            .into_os_string()
            .into_string()
            .map(Self)
            .map_err(|_raw| io::Error::new(io::ErrorKind::InvalidInput, "the path is not UTF-8"))
    }

    pub(crate) fn exists(&self) -> bool {
        fs::metadata(&self.0).is_ok_and(|found| found.is_file())
    }

    pub(crate) fn path(&self) -> &Path {
        Path::new(&self.0)
    }

    /// The identity of the file at the path now. `None` on systems without inodes.
    pub(crate) fn identity(&self) -> io::Result<Option<FileIdentity>> {
        let found = fs::metadata(&self.0)?;
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
        if let Some(directory) = Path::new(&self.0).parent() {
            create_private_directory(directory)?;
        }
        let mut options = fs::OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.0).map(|_file| ())
    }

    /// A connection without any settings.
    pub(crate) fn connect(&self) -> Result<SqliteConnection, DbError> {
        Ok(SqliteConnection::establish(&self.0)?)
    }

    pub(crate) fn connect_writer(&self) -> Result<SqliteConnection, DbError> {
        let mut conn = self.connect()?;
        pragmas::prepare_writer(&mut conn)?;
        Ok(conn)
    }

    pub(crate) fn connect_reader(&self) -> Result<SqliteConnection, DbError> {
        let mut conn = self.connect()?;
        pragmas::prepare_reader(&mut conn)?;
        Ok(conn)
    }
}
