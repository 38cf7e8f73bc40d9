//! Migrating a database to the schema that this program knows, and comparing the two.

use diesel::{
    Connection as _, QueryDsl as _, RunQueryDsl as _, connection::SimpleConnection as _,
    migration::MigrationVersion, pg::Pg, result::Error as DieselError, sql_query, sql_types::Text,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use domain::StoreError;
use infra_sql::{KnownMigrations, SchemaError, SchemaState};

use crate::{
    backfill::{BlockingConnection, rewrite_chunk},
    connect::{ConnectError, Connector},
    connection::Connection,
    database::DbOperation,
    error::TxError,
    schema::backfills,
    url::{Target, UrlError},
};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The lock that a migrating process holds. The number is arbitrary, but every version must use the
/// same.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(7305204671220118902)";

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

/// Migrates the database at that URL to the current schema, and returns the names of the applied
/// migrations in order; none if it was up to date. Then rewrites the columns whose rules they
/// changed, or continues that.
///
/// If several processes start at once, one migrates and the others wait for it.
///
/// # Errors
/// [`MigrateError`]; the schema is as it was then, or only some rows are not rewritten.
pub async fn migrate(url: &str) -> Result<Vec<String>, MigrateError> {
    let (versions, mut pending) = in_transaction(url, |conn| {
        state(conn)?.check_known()?;
        let versions = conn.run_pending_migrations(MIGRATIONS).map_err(MigrateError::Migration)?;
        Ok((names(&versions), has_backfills(conn)?))
    })
    .await?;
    // A pooler may end the session of a connection with its first transaction, so each chunk has
    // its own connection.
    while pending {
        let chunk = in_transaction(url, |conn| Ok(rewrite_chunk(conn)?)).await?;
        pending = chunk.is_some();
        if let Some((column, rows)) = chunk {
            tracing::debug!(column, rows, "rewrote a chunk");
        }
    }
    Ok(versions)
}

/// Reverts every migration, the last first, with all data. Returns their names in that order.
///
/// # Errors
/// [`MigrateError`]; the schema is as it was then.
pub async fn revert_all(url: &str) -> Result<Vec<String>, MigrateError> {
    in_transaction(url, |conn| {
        let versions = conn.revert_all_migrations(MIGRATIONS).map_err(MigrateError::Migration)?;
        Ok(names(&versions))
    })
    .await
}

/// Runs a change in one transaction, under a lock, on a new connection.
async fn in_transaction<T: Send + 'static>(
    url: &str,
    change: fn(&mut BlockingConnection) -> Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    let conn = Connector::new(Target::parse(url)?)?.connect_to_migrate().await?;
    let changing = tokio::task::spawn_blocking(move || {
        let mut conn = BlockingConnection::from(conn);
        conn.transaction(|conn| {
            conn.batch_execute(MIGRATION_LOCK)?;
            change(conn)
        })
    });
    changing.await.map_err(|died| MigrateError::Migration(died.into()))?
}

/// The names of the migrations with these versions.
fn names(versions: &[MigrationVersion<'_>]) -> Vec<String> {
    let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
    known_migrations().names(&versions)
}

/// Whether columns have to be rewritten.
fn has_backfills(conn: &mut BlockingConnection) -> Result<bool, DieselError> {
    Ok(backfills::table.count().get_result::<i64>(conn)? > 0)
}

/// How the database's schema compares with the program's.
fn state(conn: &mut BlockingConnection) -> Result<SchemaState, DieselError> {
    let has_migrations = !sql_query(FIND_MIGRATION_TABLE).load::<Name>(conn)?.is_empty();
    let applied = if has_migrations { sql_query(APPLIED_VERSIONS).load(conn)? } else { Vec::new() };
    Ok(compare(applied, sql_query(TABLES_IN_THE_WAY).load(conn)?))
}

fn compare(applied: Vec<Name>, tables: Vec<Name>) -> SchemaState {
    let names = |rows: Vec<Name>| rows.into_iter().map(|row| row.name).collect::<Vec<_>>();
    known_migrations().compare(names(applied), names(tables))
}

const FIND_MIGRATION_TABLE: &str = "SELECT relname::text AS name FROM pg_class \
    WHERE oid = to_regclass('__diesel_schema_migrations')";
const APPLIED_VERSIONS: &str = "SELECT version::text AS name FROM __diesel_schema_migrations";

/// The tables, views and sequences with the names of this program's, where it would create them.
/// Other programs may have tables of other names in the same database.
const TABLES_IN_THE_WAY: &str = "SELECT relname::text AS name FROM pg_class \
    WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) \
    AND relname IN ('users', 'sessions', 'login_networks', 'products', 'orders', 'order_lines', \
    'order_events', 'stock_movements', 'outbox', 'counts', 'count_deltas', 'backfills', 'shop') \
    ORDER BY relname";

#[derive(diesel::QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Compares the schema with the known migrations, without changing it.
pub(crate) struct CompareSchema;

impl DbOperation for CompareSchema {
    type Output = SchemaState;
    type Error = StoreError;

    async fn run(&self, mut conn: &Connection) -> Result<SchemaState, TxError<StoreError>> {
        let found: Vec<Name> =
            diesel_async::RunQueryDsl::load(sql_query(FIND_MIGRATION_TABLE), &mut conn).await?;
        let applied = if found.is_empty() {
            Vec::new()
        } else {
            diesel_async::RunQueryDsl::load(sql_query(APPLIED_VERSIONS), &mut conn).await?
        };
        let tables = sql_query(TABLES_IN_THE_WAY);
        Ok(compare(applied, diesel_async::RunQueryDsl::load(tables, &mut conn).await?))
    }
}

fn known_migrations() -> KnownMigrations {
    KnownMigrations::of::<Pg>(&MIGRATIONS)
}
