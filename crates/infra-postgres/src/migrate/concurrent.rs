//! Migrations that cannot run in a transaction: those that build an index while programs write to
//! its table.
//!
//! Such a migration is one statement, `CREATE INDEX CONCURRENTLY IF NOT EXISTS …`, with
//! `run_in_transaction = false` in its `metadata.toml`. It can be interrupted at any time: the next
//! run removes the invalid index that is left behind and builds it again.

use std::time::Duration;

use diesel::{
    connection::SimpleConnection as _,
    migration::{Migration, MigrationSource},
    pg::Pg,
    prelude::*,
};
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::{
    error::MigrateError,
    progress::{MigrationObserver, MigrationProgress},
    schema_state::OWN_TABLES,
};
use crate::{backfill::BlockingConnection, connect::Connector, schema::__diesel_schema_migrations};

/// How often the progress is read.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

/// A build waits for transactions that may take long, and takes long itself, so limits that the role
/// or the database have for other statements do not apply.
const SESSION_OPTIONS: &str = "-c statement_timeout=0 -c lock_timeout=0";

/// Makes the server end a build whose program has died, from PostgreSQL 14 on. Otherwise it goes on
/// to its end, and the next run waits for it.
const NOTICE_DEAD_CLIENT: &str =
    "SELECT set_config('client_connection_check_interval', '2s', false)
    WHERE current_setting('server_version_num')::int >= 140000";

/// Runs the migration of that version outside of a transaction. The caller holds the lock, and
/// records the version.
pub(super) async fn run<S: MigrationSource<Pg> + Send + 'static>(
    connector: &Connector,
    source: S,
    version: String,
    observer: &MigrationObserver,
) -> Result<(), MigrateError> {
    let report = |phase: &str, tenths| {
        let (migration, phase) = (version.clone(), phase.to_owned());
        observer(MigrationProgress::BuildingIndex { migration, phase, tenths });
    };
    report("", None);
    let watcher = connector.connect_simple(Some(SESSION_OPTIONS)).await?;
    remove_leftovers(&watcher, observer).await?;
    let conn = connector.connect_outside_transaction(SESSION_OPTIONS).await?;
    let building_version = version.clone();
    let mut building = tokio::task::spawn_blocking(move || {
        let mut conn = BlockingConnection::from(conn);
        // Not on every platform.
        let _unsupported = conn.batch_execute(NOTICE_DEAD_CLIENT);
        find(&source, &building_version)?.run(&mut conn).map_err(MigrateError::Migration)
    });
    let mut last = None;
    loop {
        tokio::select! {
            built = &mut building => {
                return built.map_err(|died| MigrateError::Migration(died.into()))?;
            }
            () = tokio::time::sleep(PROGRESS_INTERVAL) => {}
        }
        // Without the progress, the build goes on.
        let Ok(now) = progress(&watcher).await else { continue };
        if let Some((phase, tenths)) = &now
            && now != last
        {
            report(phase, *tenths);
        }
        last = now;
    }
}

fn find(
    source: &impl MigrationSource<Pg>,
    version: &str,
) -> Result<Box<dyn Migration<Pg>>, MigrateError> {
    let migrations = source.migrations().map_err(MigrateError::Migration)?;
    let found =
        migrations.into_iter().find(|migration| migration.name().version().to_string() == version);
    found.ok_or_else(|| MigrateError::Migration(format!("there is no migration {version}").into()))
}

/// Removes the invalid indexes that interrupted builds left on the program's tables. No query uses
/// them, and every write pays for them. One that a session is still building is waited for.
async fn remove_leftovers(
    client: &Client,
    observer: &MigrationObserver,
) -> Result<(), MigrateError> {
    let leftovers = format!(
        "SELECT format('%I.%I', n.nspname, c.relname) AS name,
            EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = c.oid) AS building
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT i.indisvalid AND n.nspname = current_schema() AND t.relname IN ({OWN_TABLES})"
    );
    loop {
        let found = rows(client, &leftovers).await?;
        let Some(leftover) = found.first() else { return Ok(()) };
        if leftover.get("building") == Some("t") {
            tokio::time::sleep(PROGRESS_INTERVAL).await;
            continue;
        }
        let name = leftover.get("name").unwrap_or_default();
        observer(MigrationProgress::RemovingIndex { index: name.to_owned() });
        client.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {name}")).await?;
    }
}

/// The phase of a build in this database, and how much of it is done.
async fn progress(client: &Client) -> Result<Option<(String, Option<u8>)>, MigrateError> {
    const PROGRESS: &str = "SELECT phase, CASE
            WHEN blocks_total > 0 THEN 10 * blocks_done / blocks_total
            WHEN tuples_total > 0 THEN 10 * tuples_done / tuples_total
        END AS tenths FROM pg_stat_progress_create_index WHERE datname = current_database()
        ORDER BY pid LIMIT 1";
    let found = rows(client, PROGRESS).await?;
    Ok(found.first().map(|row| {
        let tenths = row.get("tenths").and_then(|tenths| tenths.parse().ok());
        (row.get("phase").unwrap_or_default().to_owned(), tenths)
    }))
}

async fn rows(client: &Client, query: &str) -> Result<Vec<SimpleQueryRow>, MigrateError> {
    let messages = client.simple_query(query).await?;
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    };
    Ok(messages.into_iter().filter_map(row).collect())
}

/// Whether a version is still to be applied.
pub(super) async fn is_pending(connector: &Connector, version: &str) -> Result<bool, MigrateError> {
    let client = connector.connect_simple(None).await?;
    // A version has digits alone.
    let version = version.replace(|character: char| !character.is_ascii_digit(), "");
    let recorded =
        format!("SELECT version FROM __diesel_schema_migrations WHERE version = '{version}'");
    Ok(rows(&client, &recorded).await?.is_empty())
}

/// Records that a migration is applied, unless it is recorded already.
pub(super) fn record(conn: &mut BlockingConnection, version: &str) -> Result<(), MigrateError> {
    diesel::insert_into(__diesel_schema_migrations::table)
        .values(__diesel_schema_migrations::version.eq(version))
        .on_conflict_do_nothing()
        .execute(conn)?;
    Ok(())
}
