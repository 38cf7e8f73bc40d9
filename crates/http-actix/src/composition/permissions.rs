//! Warnings about files and directories that other users of the machine have access to.

use std::path::Path;

/// Logs a warning if other users can replace the files in a directory.
///
/// Does nothing if there is no such directory, or on systems without Unix permissions.
pub(super) fn warn_if_writable_by_others(directory: &Path) {
    if mode(directory).is_some_and(|mode| mode & 0o022 != 0) {
        let path = directory.display();
        tracing::warn!(
            "{path}: other users can replace the files in this directory; run `chmod go-w {path}`"
        );
    }
}

/// Logs a warning if other users can read or write a database, which holds personal data and hashes
/// of passwords.
///
/// Does nothing if there is no such file, or on systems without Unix permissions.
pub(super) fn warn_if_readable_by_others(database: &Path) {
    if mode(database).is_some_and(|mode| mode & 0o066 != 0) {
        let path = database.display();
        tracing::warn!("{path}: other users can read the database; run `chmod 600 {path}`");
    }
}

/// The permission bits of a file or directory.
#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).ok().map(|found| found.permissions().mode())
}

#[cfg(not(unix))]
fn mode(_path: &Path) -> Option<u32> {
    None
}
