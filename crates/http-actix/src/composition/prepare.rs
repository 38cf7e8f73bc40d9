//! The data directory and the schema, before anything is opened.

use std::path::Path;

use super::{database::migrate, error::CompositionError};
use crate::config::{Config, SecretConfig, StoreConfig, create_data_dir};

/// Makes the data directory if something is to be kept there, and brings the database up to date, which
/// makes it if it is SQLite and there is none. Returns the names of the migrations that were applied.
///
/// # Errors
/// [`CompositionError`]; a migration that fails leaves no trace.
pub(crate) async fn prepare(config: &Config) -> Result<Vec<String>, CompositionError> {
    prepare_data_dir(config)?;
    migrate(&config.store).await
}

/// Does so for a start, which may be told to leave the database as it is, and logs what it did.
///
/// # Errors
/// [`CompositionError`]; a migration that fails leaves no trace.
pub(crate) async fn prepare_start(config: &Config) -> Result<(), CompositionError> {
    prepare_data_dir(config)?;
    if config.migrate_on_start {
        for name in migrate(&config.store).await? {
            tracing::info!(migration = name, "applied a migration");
        }
    }
    Ok(())
}

fn prepare_data_dir(config: &Config) -> Result<(), CompositionError> {
    let kept_there = |file: &Path| file.starts_with(&config.data_dir);
    let secret_there = match &config.security.secret {
        SecretConfig::File(file) => kept_there(file),
        SecretConfig::Value(_) => false,
    };
    let store_there = match &config.store {
        StoreConfig::Sqlite { path } => kept_there(path),
        StoreConfig::Postgres(_) => false,
    };
    if secret_there || store_there {
        create_data_dir(&config.data_dir)?;
    }
    Ok(())
}
