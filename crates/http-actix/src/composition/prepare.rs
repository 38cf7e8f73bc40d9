//! Creates the data directory, claims the database, migrates it and checks permissions, before the
//! database is opened.

use std::{collections::BTreeSet, path::Path};

use super::{
    database::{DatabaseClaim, MigrationProgress, claim, log_progress, migrate},
    error::CompositionError,
    permissions::{warn_if_readable_by_others, warn_if_writable_by_others},
};
use crate::config::{Config, SecretConfig, StoreConfig, create_data_dir};

/// Creates the data directory if something is stored there, and applies the pending migrations.
/// Returns their names.
///
/// # Errors
/// [`CompositionError`]; a failed migration is rolled back.
pub(crate) async fn prepare(
    config: &Config,
    progress: &MigrationProgress,
) -> Result<Vec<String>, CompositionError> {
    prepare_data_dir(config)?;
    migrate(&config.store, progress).await
}

/// Like [`prepare`], for a program that serves the database: claims it first.
///
/// # Errors
/// [`CompositionError`]; a failed migration is rolled back.
pub(crate) async fn prepare_claimed(config: &Config) -> Result<DatabaseClaim, CompositionError> {
    prepare_data_dir(config)?;
    let claimed = claim(&config.store)?;
    migrate(&config.store, &log_progress()).await?;
    Ok(claimed)
}

/// Like [`prepare_claimed`], for a start: migrates only with `MIGRATE_ON_START`, and logs each
/// migration.
///
/// # Errors
/// [`CompositionError`]; a failed migration is rolled back.
pub(crate) async fn prepare_start(config: &Config) -> Result<DatabaseClaim, CompositionError> {
    prepare_data_dir(config)?;
    let claimed = claim(&config.store)?;
    if config.migrate_on_start {
        for name in migrate(&config.store, &log_progress()).await? {
            tracing::info!(migration = name, "applied a migration");
        }
    }
    warn_of_permissions(config);
    Ok(claimed)
}

/// Logs a warning for each directory in which other users can replace the database or the secret,
/// and for a database that they can read. The secret's file is checked when it is read.
fn warn_of_permissions(config: &Config) {
    let mut directories = Vec::new();
    if stores_in_data_dir(config) {
        directories.push(config.data_dir.as_path());
    }
    if let StoreConfig::Sqlite { path } = &config.store {
        warn_if_readable_by_others(path);
        // The parent of a bare name is an empty path.
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        directories.push(parent.unwrap_or(Path::new(".")));
    }
    // One warning for a directory that is written in two ways.
    let directories: BTreeSet<_> =
        directories.into_iter().filter_map(|directory| directory.canonicalize().ok()).collect();
    for directory in &directories {
        warn_if_writable_by_others(directory);
    }
}

fn prepare_data_dir(config: &Config) -> Result<(), CompositionError> {
    if stores_in_data_dir(config) {
        create_data_dir(&config.data_dir)?;
    }
    Ok(())
}

/// Whether the data directory holds the secret or the database.
fn stores_in_data_dir(config: &Config) -> bool {
    let is_in_data_dir = |file: &Path| file.starts_with(&config.data_dir);
    let stores_secret = match &config.security.secret {
        SecretConfig::File(file) => is_in_data_dir(file),
        SecretConfig::Value(_) => false,
    };
    let stores_database = match &config.store {
        StoreConfig::Sqlite { path } => is_in_data_dir(path),
        StoreConfig::Postgres(_) => false,
    };
    stores_secret || stores_database
}
