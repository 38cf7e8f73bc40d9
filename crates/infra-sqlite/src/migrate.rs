//! Migrates a database to the schema that this program knows, and compares the two.

use std::{io, path::Path, thread, time::Duration};

use diesel::{
    SqliteConnection, connection::SimpleConnection as _, prelude::*, result::Error as DieselError,
    sql_query, sql_types::Text, sqlite::Sqlite,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use infra_sql::{KnownMigrations, SchemaError, SchemaState};

use crate::{
    backfill::rewrite_chunk, error::DbError, file::DatabaseFile, schema::__diesel_schema_migrations,
};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// The migration tool's own table.
const MIGRATIONS_TABLE: &str = "__diesel_schema_migrations";

/// The tables and views, without SQLite's own.
const TABLES: &str = r"SELECT name FROM sqlite_schema
    WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY rowid";

#[derive(diesel::QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Attempts to switch a file to the write-ahead log. SQLite does not wait for a lock there.
const MAX_WAL_ATTEMPTS: u32 = 50;
const WAL_BACKOFF: Duration = Duration::from_millis(100);

/// Why a database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The file or its directory could not be created.
    #[error("the database file could not be created: {0}")]
    File(#[from] io::Error),
    /// The file could not be opened, or was locked for too long.
    #[error("the database could not be opened: {0}")]
    Open(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database has migrations that this program does not know. It is unchanged.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A migration failed. No migration of this run was applied.
    #[error("a migration failed: {0}")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<DieselError> for MigrateError {
    fn from(error: DieselError) -> Self {
        Self::Open(error.into())
    }
}

/// Applies the missing migrations to the database at `path` and returns their names, in their
/// order. Then rewrites the columns whose rules they changed, or continues that.
///
/// Creates the file and its directory if they are missing. Of several processes that start at once,
/// one migrates while the others wait for it.
///
/// # Errors
/// [`MigrateError`]. The schema is unchanged then, or only some rows are not rewritten.
pub fn migrate(path: &Path) -> Result<Vec<String>, MigrateError> {
    let file = DatabaseFile::at(path)?;
    file.create_if_missing()?;
    let mut conn = open(&file)?;
    let applied = conn.immediate_transaction(|conn| {
        compare(conn)?.check_known()?;
        let versions = conn.run_pending_migrations(MIGRATIONS).map_err(MigrateError::Migration)?;
        Ok::<_, MigrateError>(known().names(&versions))
    })?;
    let rewritten = |error: DieselError| MigrateError::Migration(error.into());
    while let Some((column, rows)) = conn.immediate_transaction(rewrite_chunk).map_err(rewritten)? {
        tracing::debug!(column, rows, "rewrote a chunk");
    }
    Ok(applied)
}

/// Reverts every migration, the last first, which removes all data. Returns the names, in that
/// order.
///
/// # Errors
/// [`MigrateError`]. The schema is unchanged then.
pub fn revert_all(path: &Path) -> Result<Vec<String>, MigrateError> {
    let file = DatabaseFile::at(path)?;
    let mut conn = open(&file)?;
    conn.immediate_transaction(|conn| {
        let versions = conn.revert_all_migrations(MIGRATIONS).map_err(MigrateError::Migration)?;
        Ok(known().names(&versions))
    })
}

/// Opens the file for writing. If this program may not migrate it, nothing is written to it, not
/// even a setting.
///
/// If two processes switch a new file to the write-ahead log at the same time, one of them fails at
/// once, because SQLite does not wait for the lock there; so it is retried.
fn open(file: &DatabaseFile) -> Result<SqliteConnection, MigrateError> {
    let mut attempt = 1;
    loop {
        match connect_if_known(file) {
            Ok(conn) => return Ok(conn?),
            Err(failure) if failure.is_transient() && attempt < MAX_WAL_ATTEMPTS => {
                attempt += 1;
                thread::sleep(WAL_BACKOFF);
            }
            Err(failure) => return Err(MigrateError::Open(cause(failure))),
        }
    }
}

fn connect_if_known(file: &DatabaseFile) -> Result<Result<SqliteConnection, SchemaError>, DbError> {
    match schema_state(&mut file.connect()?)?.check_known() {
        Ok(()) => Ok(Ok(file.connect_writer()?)),
        Err(error) => Ok(Err(error)),
    }
}

/// Refuses a file of another program, before anything is written to it or beside it. A file that is
/// missing or cannot be read passes: opening it gives the reason.
///
/// # Errors
/// [`SchemaError`].
pub fn refuse_foreign(path: &Path) -> Result<(), SchemaError> {
    let Ok(file) = DatabaseFile::at(path) else { return Ok(()) };
    if !file.exists() {
        return Ok(());
    }
    match file.connect().and_then(|mut conn| schema_state(&mut conn)) {
        Ok(state) => state.check_known(),
        Err(_reported_later) => Ok(()),
    }
}

/// The cause alone: "a statement failed" does not help an operator who starts a server.
fn cause(failure: DbError) -> Box<dyn std::error::Error + Send + Sync> {
    match failure {
        DbError::Statement(error) => error.into(),
        DbError::Connection(error) => error.into(),
        other => other.into(),
    }
}

/// How the database's schema compares with the program's. Sets up the new connection, read-only.
pub(crate) fn schema_state(conn: &mut SqliteConnection) -> Result<SchemaState, DbError> {
    conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;")?;
    Ok(compare(conn)?)
}

/// As [`schema_state`], on a connection that is set up already.
pub(crate) fn compare(conn: &mut SqliteConnection) -> Result<SchemaState, DieselError> {
    let names = sql_query(TABLES).load::<Table>(conn)?.into_iter().map(|table| table.name);
    let (own, others): (Vec<_>, Vec<_>) = names.partition(|name| name == MIGRATIONS_TABLE);
    let applied = if own.is_empty() {
        Vec::new()
    } else {
        __diesel_schema_migrations::table
            .select(__diesel_schema_migrations::version)
            .load::<String>(conn)?
    };
    Ok(known().compare(applied, others))
}

fn known() -> KnownMigrations {
    KnownMigrations::of::<Sqlite>(&MIGRATIONS)
}
