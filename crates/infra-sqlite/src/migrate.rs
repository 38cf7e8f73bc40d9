//! Bringing a database to the schema that this program knows, and telling whether it is there.

use std::{collections::BTreeSet, io, path::Path, thread, time::Duration};

use diesel::{
    SqliteConnection, connection::SimpleConnection as _, dsl::sql, prelude::*,
    result::Error as DieselError, sql_types::BigInt, sqlite::Sqlite,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use crate::{error::Failure, file::DatabaseFile, schema::__diesel_schema_migrations};

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
    /// The schema is of the time before the first release.
    #[error(
        "the database was made before the first release, by migrations that this program no longer has ({}): \
         it can only be replaced by a new, empty one",
        versions.join(", ")
    )]
    SchemaBeforeRelease {
        /// The versions of its migrations that this program does not know.
        versions: Vec<String>,
    },
    /// The database is newer than this program, which leaves it as it is.
    #[error("the database has migrations that this program does not know: {}", versions.join(", "))]
    SchemaUnknown {
        /// The versions that this program does not know.
        versions: Vec<String>,
    },
    /// A migration failed; none of this run was applied.
    #[error("a migration failed: {0}")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A failure inside the transaction that migrates.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Statement(#[from] DieselError),
    #[error("unknown versions")]
    Unknown(Vec<String>),
    #[error("versions of before the first release")]
    BeforeRelease(Vec<String>),
    #[error(transparent)]
    Migration(Box<dyn std::error::Error + Send + Sync>),
}

impl From<Failed> for MigrateError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Statement(error) => Self::Open(error.into()),
            Failed::Unknown(versions) => Self::SchemaUnknown { versions },
            Failed::BeforeRelease(versions) => Self::SchemaBeforeRelease { versions },
            Failed::Migration(error) => Self::Migration(error),
        }
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
    let applied = conn.immediate_transaction(|conn| {
        match compare(conn)? {
            SchemaState::Unknown { versions, .. } => return Err(Failed::Unknown(versions)),
            SchemaState::BeforeRelease { versions, .. } => {
                return Err(Failed::BeforeRelease(versions));
            }
            SchemaState::Current | SchemaState::Behind(_) => {}
        }
        let versions = conn.run_pending_migrations(MIGRATIONS).map_err(Failed::Migration)?;
        Ok::<_, Failed>(versions.iter().map(ToString::to_string).collect::<Vec<_>>())
    })?;
    Ok(names(&applied))
}

/// Takes every migration back, the last first, and all data with them. Returns the names, in that order.
///
/// # Errors
/// [`MigrateError`]; the schema is as it was then.
pub fn revert_all(path: &Path) -> Result<Vec<String>, MigrateError> {
    let file = DatabaseFile::at(path)?;
    let mut conn = open(&file)?;
    let reverted = conn.immediate_transaction(|conn| {
        let versions = conn.revert_all_migrations(MIGRATIONS).map_err(Failed::Migration)?;
        Ok::<_, Failed>(versions.iter().map(ToString::to_string).collect::<Vec<_>>())
    })?;
    Ok(names(&reverted))
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
fn plain(failure: Failure) -> Box<dyn std::error::Error + Send + Sync> {
    match failure {
        Failure::Statement(error) => error.into(),
        Failure::Connection(error) => error.into(),
        other => other.into(),
    }
}

/// How a database's schema compares with the one that this program knows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SchemaState {
    /// They are the same.
    Current,
    /// The database lacks these migrations.
    Behind(Vec<String>),
    /// The database is another program's, most likely a newer one's.
    Unknown {
        /// The versions of its migrations that this program does not know.
        versions: Vec<String>,
        /// The migrations that it lacks all the same.
        pending: Vec<String>,
    },
    /// The database is of the time before the first release, whose migrations were replaced.
    BeforeRelease {
        /// The versions of its migrations that this program does not know.
        versions: Vec<String>,
        /// The migrations that it lacks.
        pending: Vec<String>,
    },
}

/// Compares, and changes nothing.
pub(crate) fn schema_state(conn: &mut SqliteConnection) -> Result<SchemaState, Failure> {
    conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;")?;
    Ok(compare(conn)?)
}

/// Compares, on a connection that is set up already.
pub(crate) fn compare(conn: &mut SqliteConnection) -> Result<SchemaState, DieselError> {
    let migrated: i64 = diesel::select(sql::<BigInt>(
        "EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '__diesel_schema_migrations')",
    ))
    .get_result(conn)?;
    let applied: BTreeSet<String> = if migrated == 0 {
        BTreeSet::new()
    } else {
        let versions = __diesel_schema_migrations::table
            .select(__diesel_schema_migrations::version)
            .load::<String>(conn)?;
        versions.into_iter().collect()
    };
    let known: BTreeSet<String> = known().into_iter().map(|(version, _name)| version).collect();
    let unknown: Vec<String> = applied.difference(&known).cloned().collect();
    let pending: Vec<String> = known.difference(&applied).cloned().collect();
    Ok(if !applied.is_empty() && applied.first() < known.first() {
        SchemaState::BeforeRelease { versions: unknown, pending: names(&pending) }
    } else if !unknown.is_empty() {
        SchemaState::Unknown { versions: unknown, pending: names(&pending) }
    } else if !pending.is_empty() {
        SchemaState::Behind(names(&pending))
    } else {
        SchemaState::Current
    })
}

/// The name of the last migration that this program knows.
pub(crate) fn newest() -> String {
    known().pop().map(|(_version, name)| name).unwrap_or_default()
}

/// Every embedded migration: its version and its name.
fn known() -> Vec<(String, String)> {
    let migrations =
        diesel::migration::MigrationSource::<Sqlite>::migrations(&MIGRATIONS).unwrap_or_default();
    migrations
        .iter()
        .map(|migration| {
            let name = migration.name();
            (name.version().to_string(), name.to_string())
        })
        .collect()
}

/// The names of these versions; a version without a name stands for itself.
fn names(versions: &[String]) -> Vec<String> {
    let known = known();
    versions
        .iter()
        .map(|version| {
            let found = known.iter().find(|(candidate, _name)| candidate == version);
            found.map_or_else(|| version.clone(), |(_version, name)| name.clone())
        })
        .collect()
}
