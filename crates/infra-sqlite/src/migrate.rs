//! Bringing a database to the schema that this program knows, and telling whether it is there.

use std::{io, path::Path, thread, time::Duration};

use diesel::{
    SqliteConnection, connection::SimpleConnection as _, dsl::sql, prelude::*,
    result::Error as DieselError, sql_types::BigInt, sqlite::Sqlite,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use infra_sql::{KnownMigrations, SchemaError, SchemaState};

use crate::{error::DbError, file::DatabaseFile, schema::__diesel_schema_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// How often the switch to the write-ahead log is tried. SQLite does not wait for a lock there.
const SWITCH_ATTEMPTS: u32 = 50;
/// How long to wait between two tries.
const SWITCH_PAUSE: Duration = Duration::from_millis(100);

/// Why a database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The file or its directory could not be made.
    #[error("the database file could not be created: {0}")]
    File(#[from] io::Error),
    /// The file could not be opened, or was locked for too long.
    #[error("the database could not be opened: {0}")]
    Open(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database has migrations that this program does not know, and is left as it is.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A migration failed; none of this run was applied.
    #[error("a migration failed: {0}")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<DieselError> for MigrateError {
    fn from(error: DieselError) -> Self {
        Self::Open(error.into())
    }
}

/// Brings the database at `path` up to date and returns the names of the migrations that were applied,
/// in their order; none if it was up to date.
///
/// Makes the file and its directory if they are missing. Of several processes that start at once, one
/// migrates while the others wait for it.
///
/// # Errors
/// [`MigrateError`]; the schema is as it was then.
pub fn migrate(path: &Path) -> Result<Vec<String>, MigrateError> {
    let file = DatabaseFile::at(path)?;
    file.create_if_missing()?;
    let mut conn = open(&file)?;
    conn.immediate_transaction(|conn| {
        compare(conn)?.check_known()?;
        let versions = conn.run_pending_migrations(MIGRATIONS).map_err(MigrateError::Migration)?;
        Ok(known().names(&versions))
    })
}

/// Takes every migration back, the last first, and all data with them. Returns the names, in that order.
///
/// # Errors
/// [`MigrateError`]; the schema is as it was then.
pub fn revert_all(path: &Path) -> Result<Vec<String>, MigrateError> {
    let file = DatabaseFile::at(path)?;
    let mut conn = open(&file)?;
    conn.immediate_transaction(|conn| {
        let versions = conn.revert_all_migrations(MIGRATIONS).map_err(MigrateError::Migration)?;
        Ok(known().names(&versions))
    })
}

/// Opens the file for writing. Two processes that switch a new file to the write-ahead log at once get in
/// each other's way, without SQLite's own waiting; so the loser tries again.
fn open(file: &DatabaseFile) -> Result<SqliteConnection, MigrateError> {
    let mut attempt = 1;
    loop {
        match file.connect_writer() {
            Ok(conn) => return Ok(conn),
            Err(failure) if failure.is_transient() && attempt < SWITCH_ATTEMPTS => {
                attempt += 1;
                thread::sleep(SWITCH_PAUSE);
            }
            Err(failure) => return Err(MigrateError::Open(plain(failure))),
        }
    }
}

/// The cause alone: "a statement failed" says nothing to whoever starts a server.
fn plain(failure: DbError) -> Box<dyn std::error::Error + Send + Sync> {
    match failure {
        DbError::Statement(error) => error.into(),
        DbError::Connection(error) => error.into(),
        other => other.into(),
    }
}

/// Compares, and changes nothing.
pub(crate) fn schema_state(conn: &mut SqliteConnection) -> Result<SchemaState, DbError> {
    conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;")?;
    Ok(compare(conn)?)
}

/// Compares, on a connection that is set up already.
pub(crate) fn compare(conn: &mut SqliteConnection) -> Result<SchemaState, DieselError> {
    let migrated: i64 = diesel::select(sql::<BigInt>(
        "EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '__diesel_schema_migrations')",
    ))
    .get_result(conn)?;
    let applied = if migrated == 0 {
        Vec::new()
    } else {
        __diesel_schema_migrations::table
            .select(__diesel_schema_migrations::version)
            .load::<String>(conn)?
    };
    Ok(known().compare(applied))
}

fn known() -> KnownMigrations {
    KnownMigrations::of::<Sqlite>(&MIGRATIONS)
}
