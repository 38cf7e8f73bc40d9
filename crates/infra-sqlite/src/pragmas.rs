//! The settings of every connection, each with its reason.

use diesel::{SqliteConnection, connection::SimpleConnection as _};

use crate::error::DbError;

/// Settings of every connection.
///
/// - `busy_timeout`: another process may hold the write lock for a short time (a migration, a
///   backup); wait up to 5 s for it. It comes first, so that it covers the statements below.
/// - `synchronous=FULL`: a commit returns when it is on the disk, so that an acknowledged order
///   survives a power loss, not only a crash of the process. `NORMAL` would not promise that in WAL
///   mode.
/// - `fullfsync`: on macOS, only this reaches the disk; elsewhere it changes nothing.
/// - `foreign_keys`: SQLite checks them only on connections with this setting.
/// - `temp_store=MEMORY`: temporary data of sorts is small, and must not be written to files.
/// - `mmap_size=0`: with memory-mapped reads a failing disk kills the process by a signal; without,
///   reads return errors.
/// - `trusted_schema=OFF`: views and triggers may not call functions with side effects.
const COMMON_PRAGMAS: &str = "
    PRAGMA busy_timeout = 5000;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA mmap_size = 0;
    PRAGMA trusted_schema = OFF;
";

/// Settings of the writer only.
///
/// - `journal_mode=WAL`: readers see the last commit. Readers and the writer never wait for each
///   other. The file keeps this setting, so readers need not write it.
/// - `cache_size`: up to 8 MiB; the operating system caches the file as well.
/// - `wal_autocheckpoint`: copy the write-ahead log into the database every 1000 pages (4 MiB),
///   which takes a few milliseconds.
/// - `journal_size_limit`: truncate the log to 16 MiB after a long read made it grow.
/// - `secure_delete=FAST`: overwrite deleted data where that costs no extra writes, so that erased
///   personal data does not stay in the file.
const WRITER_PRAGMAS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA cache_size = -8192;
    PRAGMA wal_autocheckpoint = 1000;
    PRAGMA journal_size_limit = 16777216;
    PRAGMA secure_delete = FAST;
";

/// Settings of readers only.
///
/// - `cache_size`: up to 2 MiB each.
/// - `query_only`: a write on a reader is a bug, and fails.
const READER_PRAGMAS: &str = "
    PRAGMA cache_size = -2048;
    PRAGMA query_only = ON;
";

pub(crate) fn prepare_writer(conn: &mut SqliteConnection) -> Result<(), DbError> {
    conn.batch_execute(COMMON_PRAGMAS)?;
    Ok(conn.batch_execute(WRITER_PRAGMAS)?)
}

pub(crate) fn prepare_reader(conn: &mut SqliteConnection) -> Result<(), DbError> {
    conn.batch_execute(COMMON_PRAGMAS)?;
    Ok(conn.batch_execute(READER_PRAGMAS)?)
}

#[cfg(test)]
mod tests {
    use diesel::{
        QueryableByName, RunQueryDsl as _,
        dsl::sql,
        select, sql_query,
        sql_types::{BigInt, Text},
    };
    use tempfile::TempDir;

    use super::*;
    use crate::file::DatabaseFile;

    fn file() -> (TempDir, DatabaseFile) {
        let directory = tempfile::tempdir().unwrap();
        let file = DatabaseFile::at(&directory.path().join("oms.db")).unwrap();
        file.create_if_missing().unwrap();
        (directory, file)
    }

    fn value(conn: &mut SqliteConnection, pragma: &str) -> String {
        let value = format!("CAST((SELECT * FROM pragma_{pragma}) AS TEXT)");
        select(sql::<Text>(&value)).get_result(conn).unwrap()
    }

    /// This setting has no `pragma_` table function.
    fn pages_between_checkpoints(conn: &mut SqliteConnection) -> i64 {
        #[derive(QueryableByName)]
        struct PragmaRow {
            #[diesel(sql_type = BigInt)]
            wal_autocheckpoint: i64,
        }
        let row: PragmaRow = sql_query("PRAGMA wal_autocheckpoint").get_result(conn).unwrap();
        row.wal_autocheckpoint
    }

    #[test]
    fn an_acknowledged_write_is_on_the_disk_and_references_are_checked() {
        let (_directory, file) = file();
        for mut conn in [file.connect_writer().unwrap(), file.connect_reader().unwrap()] {
            assert_eq!(value(&mut conn, "journal_mode"), "wal");
            assert_eq!(value(&mut conn, "synchronous"), "2", "2 is FULL");
            assert_eq!(value(&mut conn, "foreign_keys"), "1");
            assert_eq!(value(&mut conn, "busy_timeout"), "5000");
            assert_eq!(value(&mut conn, "temp_store"), "2", "2 is MEMORY");
            assert_eq!(value(&mut conn, "trusted_schema"), "0");
        }
    }

    #[test]
    fn memory_and_log_stay_small() {
        let (_directory, file) = file();
        let mut writer = file.connect_writer().unwrap();
        assert_eq!(value(&mut writer, "cache_size"), "-8192");
        assert_eq!(pages_between_checkpoints(&mut writer), 1000);
        assert_eq!(value(&mut writer, "journal_size_limit"), "16777216");
        assert_eq!(value(&mut writer, "secure_delete"), "2", "2 is FAST");
        assert_eq!(value(&mut file.connect_reader().unwrap(), "cache_size"), "-2048");
    }

    #[test]
    fn a_reader_cannot_write() {
        let (_directory, file) = file();
        file.connect_writer().unwrap().batch_execute("CREATE TABLE notes (id INTEGER)").unwrap();
        let written = file.connect_reader().unwrap().batch_execute("INSERT INTO notes VALUES (1)");
        assert!(written.is_err());
    }
}
