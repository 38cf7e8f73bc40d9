//! Migrating a database to the schema that this program knows, and comparing the two.

mod concurrent;
mod error;
mod lock;
mod progress;
mod schema_state;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use diesel::{
    Connection as _, QueryDsl as _, RunQueryDsl as _,
    migration::{MigrationSource, MigrationVersion},
    pg::Pg,
    result::Error as DieselError,
};
use diesel_migrations::MigrationHarness as _;
use infra_sql::KnownMigrations;

pub(crate) use self::schema_state::CompareSchema;
pub use self::{
    error::MigrateError,
    progress::{MigrationObserver, MigrationProgress},
};
use self::{
    lock::MigrationLock,
    schema_state::{MIGRATIONS, OwnMigrations, known_migrations, state},
};
use crate::{
    backfill::{BlockingConnection, rewrite_chunk},
    connect::Connector,
    schema::backfills,
    url::Target,
};

/// Migrates the database at that URL to the current schema, and returns the names of the applied
/// migrations in order; none if it was up to date. Then rewrites the columns whose rules they
/// changed, or continues that.
///
/// If several processes start at once, one migrates and the others wait for it. It can be
/// interrupted at any time: the next run continues.
///
/// # Errors
/// [`MigrateError`]. What was applied before stays: migrations in one transaction up to the next
/// index that is built concurrently, each such index, and chunks of rows.
pub async fn migrate(url: &str) -> Result<Vec<String>, MigrateError> {
    let nothing: MigrationObserver = Arc::new(|_progress| {});
    migrate_observed(url, &nothing).await
}

/// As [`migrate`], and reports what it does.
///
/// # Errors
/// Those of [`migrate`].
pub async fn migrate_observed(
    url: &str,
    observer: &MigrationObserver,
) -> Result<Vec<String>, MigrateError> {
    let applied = apply(url, OwnMigrations, observer).await?;
    rewrite_columns(url, observer).await?;
    Ok(applied)
}

/// Applies the migrations of a source that the database lacks, and returns their names.
async fn apply<S: MigrationSource<Pg> + Copy + Send + 'static>(
    url: &str,
    source: S,
    observer: &MigrationObserver,
) -> Result<Vec<String>, MigrateError> {
    let known = KnownMigrations::of::<Pg>(&source);
    let mut applied = Vec::new();
    loop {
        let (versions, concurrent) =
            in_transaction(url, observer, move |conn| apply_in_transaction(conn, source)).await?;
        applied.extend(known.names(&versions));
        let Some(version) = concurrent else { return Ok(applied) };
        if apply_concurrently(url, source, &version, observer).await? {
            applied.extend(known.names(&[version]));
        }
    }
}

/// Applies migrations up to the next that cannot run in a transaction. Returns the versions of the
/// former, and that of the latter.
fn apply_in_transaction<S: MigrationSource<Pg> + Copy>(
    conn: &mut BlockingConnection,
    source: S,
) -> Result<(Vec<String>, Option<String>), MigrateError> {
    state(conn, &KnownMigrations::of::<Pg>(&source))?.check_known()?;
    let mut versions = Vec::new();
    for migration in conn.pending_migrations(source).map_err(MigrateError::Migration)? {
        if !migration.metadata().run_in_transaction() {
            return Ok((versions, Some(migration.name().version().to_string())));
        }
        let version = conn.run_migration(&*migration).map_err(MigrateError::Migration)?;
        versions.push(version.to_string());
    }
    Ok((versions, None))
}

/// Applies a migration that cannot run in a transaction. Returns whether it was missing: another
/// process may have applied it meanwhile.
async fn apply_concurrently<S: MigrationSource<Pg> + Send + 'static>(
    url: &str,
    source: S,
    version: &str,
    observer: &MigrationObserver,
) -> Result<bool, MigrateError> {
    let connector = Connector::new(Target::parse(url)?)?;
    let lock = MigrationLock::take(&connector, || observer(MigrationProgress::Waiting)).await?;
    let missing = concurrent::is_pending(&connector, version).await?;
    if missing {
        concurrent::run(&connector, source, version.to_owned(), observer).await?;
        let version = version.to_owned();
        transaction(url, move |conn| concurrent::record(conn, &version)).await?;
    }
    drop(lock);
    Ok(missing)
}

/// Rewrites the columns that have to be rewritten.
async fn rewrite_columns(url: &str, observer: &MigrationObserver) -> Result<(), MigrateError> {
    let mut pending = in_transaction(url, observer, |conn| Ok(has_backfills(conn)?)).await?;
    let mut rewritten = BTreeMap::<String, u64>::new();
    // A pooler may end the session of a connection with its first transaction, so each chunk has
    // its own connection.
    while pending {
        let chunk = in_transaction(url, observer, |conn| Ok(rewrite_chunk(conn)?)).await?;
        pending = chunk.is_some();
        if let Some((column, chunk)) = chunk {
            let rows = rewritten.entry(column.clone()).or_default();
            *rows = rows.saturating_add(u64::try_from(chunk).unwrap_or(u64::MAX));
            observer(MigrationProgress::Rewriting { column, rows: *rows });
        }
    }
    Ok(())
}

/// Reverts every migration, the last first, with all data. Returns their names in that order.
///
/// # Errors
/// [`MigrateError`]; the schema is as it was then.
pub async fn revert_all(url: &str) -> Result<Vec<String>, MigrateError> {
    let nothing: MigrationObserver = Arc::new(|_progress| {});
    in_transaction(url, &nothing, |conn| {
        let versions = conn.revert_all_migrations(MIGRATIONS).map_err(MigrateError::Migration)?;
        Ok(names(&versions))
    })
    .await
}

/// Runs a change in one transaction, under the lock, on a new connection.
async fn in_transaction<T: Send + 'static>(
    url: &str,
    observer: &MigrationObserver,
    change: impl FnOnce(&mut BlockingConnection) -> Result<T, MigrateError> + Send + 'static,
) -> Result<T, MigrateError> {
    let observer = Arc::clone(observer);
    transaction(url, move |conn| {
        lock::take(conn, || observer(MigrationProgress::Waiting))?;
        change(conn)
    })
    .await
}

/// Runs a change in one transaction on a new connection.
async fn transaction<T: Send + 'static>(
    url: &str,
    change: impl FnOnce(&mut BlockingConnection) -> Result<T, MigrateError> + Send + 'static,
) -> Result<T, MigrateError> {
    let conn = Connector::new(Target::parse(url)?)?.connect_to_migrate().await?;
    let changing = tokio::task::spawn_blocking(move || {
        let mut conn = BlockingConnection::from(conn);
        conn.transaction(change)
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
