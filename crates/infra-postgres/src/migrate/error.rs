//! Why a database could not be migrated.

use diesel::result::Error as DieselError;
use infra_sql::SchemaError;

use crate::{connect::ConnectError, url::UrlError};

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
    /// A migration failed, and was rolled back.
    #[error("a migration failed: {0}")]
    Migration(#[source] Cause),
}

impl From<tokio_postgres::Error> for MigrateError {
    fn from(error: tokio_postgres::Error) -> Self {
        // The error itself has no text of the server.
        let message = error.as_db_error().map(|error| error.message().to_owned());
        Self::Migration(message.map_or_else(|| error.into(), Into::into))
    }
}

impl From<DieselError> for MigrateError {
    fn from(error: DieselError) -> Self {
        Self::Migration(error.into())
    }
}
