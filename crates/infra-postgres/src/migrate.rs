//! Migrating a database to the schema that this program knows, and comparing the two.

use diesel::{
    Connection as _, RunQueryDsl as _, connection::SimpleConnection as _, pg::Pg,
    result::Error as DieselError, sql_query, sql_types::Text,
};
use diesel_async::{AsyncPgConnection, async_connection_wrapper::AsyncConnectionWrapper};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use domain::StoreError;
use infra_sql::{KnownMigrations, SchemaError, SchemaState};

use crate::{
    connect::{ConnectError, Connector},
    connection::Connection,
    database::DbOperation,
    error::TxError,
    url::{Target, UrlError},
};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The lock that a migrating process holds. The number is arbitrary, but every version must use the
/// same.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(7305204671220118902)";

/// The blocking connection that the migrations need.
type BlockingConnection = AsyncConnectionWrapper<AsyncPgConnection>;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The URL is not valid.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// No connection could be made.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database has migrations that this program does not know, and is left unchanged.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A migration failed; the whole run was rolled back.
    #[error("a migration failed: {0}")]
    Migration(#[source] Cause),
}

impl From<DieselError> for MigrateError {
    fn from(error: DieselError) -> Self {
        Self::Migration(error.into())
    }
}

/// Migrates the database at this URL to the current schema, and returns the names of the applied
/// migrations in order; none if it was up to date.
///
/// If several processes start at once, one migrates and the others wait for it.
///
/// # Errors
/// [`MigrateError`]; the schema is as it was then.
pub async fn migrate(url: &str) -> Result<Vec<String>, MigrateError> {
    change_schema(url, |conn| {
        known_migrations().compare(applied_versions(conn)?).check_known()?;
        let versions = conn.run_pending_migrations(MIGRATIONS).map_err(MigrateError::Migration)?;
        Ok(versions.iter().map(ToString::to_string).collect())
    })
    .await
}

/// Reverts every migration, the last first, with all data. Returns their names in that order.
///
/// # Errors
/// [`MigrateError`]; the schema is as it was then.
pub async fn revert_all(url: &str) -> Result<Vec<String>, MigrateError> {
    change_schema(url, |conn| {
        let versions = conn.revert_all_migrations(MIGRATIONS).map_err(MigrateError::Migration)?;
        Ok(versions.iter().map(ToString::to_string).collect())
    })
    .await
}

/// Changes the schema in one transaction, under a lock. Returns the names of the versions that
/// `change` returns.
async fn change_schema(
    url: &str,
    change: fn(&mut BlockingConnection) -> Result<Vec<String>, MigrateError>,
) -> Result<Vec<String>, MigrateError> {
    let conn = Connector::new(Target::parse(url)?)?.connect_to_migrate().await?;
    let changing = tokio::task::spawn_blocking(move || {
        let mut conn = BlockingConnection::from(conn);
        conn.transaction(|conn| {
            conn.batch_execute(MIGRATION_LOCK)?;
            change(conn)
        })
    });
    let versions = changing.await.map_err(|died| MigrateError::Migration(died.into()))??;
    Ok(known_migrations().names(&versions))
}

/// The applied versions that the database records.
fn applied_versions(conn: &mut BlockingConnection) -> Result<Vec<String>, DieselError> {
    let tables: Vec<Version> = sql_query(FIND_MIGRATION_TABLE).load(conn)?;
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let versions: Vec<Version> = sql_query(APPLIED_VERSIONS).load(conn)?;
    Ok(versions.into_iter().map(|applied| applied.version).collect())
}

const FIND_MIGRATION_TABLE: &str = "SELECT relname::text AS version FROM pg_class \
    WHERE oid = to_regclass('__diesel_schema_migrations')";
const APPLIED_VERSIONS: &str = "SELECT version::text AS version FROM __diesel_schema_migrations";

#[derive(diesel::QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Compares the schema with the known migrations, without changing it.
pub(crate) struct CompareSchema;

impl DbOperation for CompareSchema {
    type Output = SchemaState;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<SchemaState, TxError<StoreError>> {
        let tables: Vec<Version> =
            diesel_async::RunQueryDsl::load(sql_query(FIND_MIGRATION_TABLE), &mut conn).await?;
        let versions: Vec<Version> = if tables.is_empty() {
            Vec::new()
        } else {
            diesel_async::RunQueryDsl::load(sql_query(APPLIED_VERSIONS), &mut conn).await?
        };
        Ok(known_migrations().compare(versions.into_iter().map(|applied| applied.version)))
    }
}

fn known_migrations() -> KnownMigrations {
    KnownMigrations::of::<Pg>(&MIGRATIONS)
}
