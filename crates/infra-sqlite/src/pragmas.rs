//! How every connection is set up, each setting with its reason.

use diesel::{SqliteConnection, connection::SimpleConnection as _};

use crate::error::Failure;

/// What every connection needs.
///
/// - `busy_timeout`: another process may hold the write lock for a moment (a migration, a backup); wait
///   5 s for it before giving up. First of all, so that it covers the statements below.
/// - `journal_mode=WAL`: readers see the last commit and never wait for the writer, nor it for them.
/// - `synchronous=FULL`: a commit returns when it is on the disk, so that an acknowledged order survives
///   a power loss, not only a crash of the process. `NORMAL` would not promise that in WAL mode.
/// - `fullfsync`: on macOS, only this reaches the disk; elsewhere it changes nothing.
/// - `foreign_keys`: SQLite checks them only if told to, on each connection anew.
/// - `temp_store=MEMORY`: what a sort spills is small, and must not lie about in files.
/// - `mmap_size=0`: with memory-mapped reads a failing disk kills the process by a signal; read errors
///   are to come back as errors.
/// - `trusted_schema=OFF`: views and triggers may not call functions with side effects.
const EVERY: &str = "
    PRAGMA busy_timeout = 5000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA mmap_size = 0;
    PRAGMA trusted_schema = OFF;
";

/// What only the writer needs.
///
/// - `cache_size`: 8 MiB at the most; the operating system caches the file as well.
/// - `wal_autocheckpoint`: copy the log into the database every 1000 pages (4 MiB), a few milliseconds.
/// - `journal_size_limit`: cut the log back to 16 MiB when a long read made it grow.
/// - `secure_delete=FAST`: overwrite what was deleted where that costs no extra writes, so that erased
///   personal data does not linger in the file.
const WRITER: &str = "
    PRAGMA cache_size = -8192;
    PRAGMA wal_autocheckpoint = 1000;
    PRAGMA journal_size_limit = 16777216;
    PRAGMA secure_delete = FAST;
";

/// What only readers need.
///
/// - `cache_size`: 2 MiB each at the most.
/// - `query_only`: a reader that tries to write is a bug, and fails.
const READER: &str = "
    PRAGMA cache_size = -2048;
    PRAGMA query_only = ON;
";

/// Sets the connection up for writing.
pub(crate) fn prepare_writer(conn: &mut SqliteConnection) -> Result<(), Failure> {
    conn.batch_execute(EVERY)?;
    Ok(conn.batch_execute(WRITER)?)
}

/// Sets the connection up for reading only.
pub(crate) fn prepare_reader(conn: &mut SqliteConnection) -> Result<(), Failure> {
    conn.batch_execute(EVERY)?;
    Ok(conn.batch_execute(READER)?)
}
