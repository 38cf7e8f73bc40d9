//! Creates the data directory, claims the database and migrates it, before it is opened.

use std::path::Path;

use super::{
    database::{DatabaseClaim, claim, migrate},
    error::CompositionError,
};
use crate::config::{Config, SecretConfig, StoreConfig, create_data_dir};

/// Creates the data directory if something is stored there, and applies the pending migrations.
/// Returns their names.
///
/// # Errors
/// [`CompositionError`]; a failed migration is rolled back.
pub(crate) async fn prepare(config: &Config) -> Result<Vec<String>, CompositionError> {
    prepare_data_dir(config)?;
    migrate(&config.store).await
}

/// Like [`prepare`], for a program that serves the database: claims it first.
///
/// # Errors
/// [`CompositionError`]; a failed migration is rolled back.
pub(crate) async fn prepare_claimed(config: &Config) -> Result<DatabaseClaim, CompositionError> {
    prepare_data_dir(config)?;
    let claimed = claim(&config.store)?;
    migrate(&config.store).await?;
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
        for name in migrate(&config.store).await? {
            tracing::info!(migration = name, "applied a migration");
        }
    }
    Ok(claimed)
}

fn prepare_data_dir(config: &Config) -> Result<(), CompositionError> {
    let is_in_data_dir = |file: &Path| file.starts_with(&config.data_dir);
    let stores_secret = match &config.security.secret {
        SecretConfig::File(file) => is_in_data_dir(file),
        SecretConfig::Value(_) => false,
    };
    let stores_database = match &config.store {
        StoreConfig::Sqlite { path } => is_in_data_dir(path),
        StoreConfig::Postgres(_) => false,
    };
    if stores_secret || stores_database {
        create_data_dir(&config.data_dir)?;
    }
    Ok(())
}
