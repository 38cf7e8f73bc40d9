//! The program's migrations, and how a database's schema compares with them.

use diesel::{
    RunQueryDsl as _,
    migration::{Migration, MigrationSource},
    pg::Pg,
    result::Error as DieselError,
    sql_query,
    sql_types::Text,
};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use domain::StoreError;
use infra_sql::{KnownMigrations, SchemaState};

use crate::{
    backfill::BlockingConnection, connection::Connection, database::DbOperation, error::TxError,
};

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The program's migrations.
#[derive(Clone, Copy)]
pub(super) struct OwnMigrations;

impl MigrationSource<Pg> for OwnMigrations {
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<Pg>>>> {
        MIGRATIONS.migrations()
    }
}

/// How the database's schema compares with the program's.
pub(super) fn state(
    conn: &mut BlockingConnection,
    known: &KnownMigrations,
) -> Result<SchemaState, DieselError> {
    let has_migrations = !sql_query(FIND_MIGRATION_TABLE).load::<Name>(conn)?.is_empty();
    let applied = if has_migrations { sql_query(APPLIED_VERSIONS).load(conn)? } else { Vec::new() };
    Ok(compare(known, applied, sql_query(tables_in_the_way()).load(conn)?))
}

fn compare(known: &KnownMigrations, applied: Vec<Name>, tables: Vec<Name>) -> SchemaState {
    let names = |rows: Vec<Name>| rows.into_iter().map(|row| row.name).collect::<Vec<_>>();
    known.compare(names(applied), names(tables))
}

const FIND_MIGRATION_TABLE: &str = "SELECT relname::text AS name FROM pg_class \
    WHERE oid = to_regclass('__diesel_schema_migrations')";
const APPLIED_VERSIONS: &str = "SELECT version::text AS name FROM __diesel_schema_migrations";

/// The names of this program's tables, as a list in SQL.
pub(super) const OWN_TABLES: &str = "'users', 'sessions', 'login_networks', 'products', 'orders', \
    'order_lines', 'order_events', 'stock_movements', 'outbox', 'events', 'subscriptions', \
    'parked_events', 'counts', 'count_deltas', 'backfills', 'shop'";

/// The tables, views and sequences with the names of this program's, where it would create them.
/// Other programs may have tables of other names in the same database.
fn tables_in_the_way() -> String {
    format!(
        "SELECT relname::text AS name FROM pg_class \
        WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) \
        AND relname IN ({OWN_TABLES}) ORDER BY relname"
    )
}

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
        let tables = sql_query(tables_in_the_way());
        let tables = diesel_async::RunQueryDsl::load(tables, &mut conn).await?;
        Ok(compare(&known_migrations(), applied, tables))
    }
}

pub(super) fn known_migrations() -> KnownMigrations {
    KnownMigrations::of::<Pg>(&MIGRATIONS)
}
