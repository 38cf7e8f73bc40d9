//! Why something that everything depends on is not there.

use std::fmt::Display;

use crate::config::{DataDirError, SecretFileError};

/// Something that everything depends on is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompositionError {
    /// The data directory cannot be made.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error("{variable}: {problem}")]
    Setting {
        variable: &'static str,
        /// What is wrong, without any secret.
        problem: String,
    },
    /// The database cannot be brought up to date, or cannot be opened.
    #[error("{0}")]
    Database(String),
}

impl CompositionError {
    pub(super) fn setting(variable: &'static str, problem: &impl ToString) -> Self {
        Self::Setting { variable, problem: problem.to_string() }
    }

    /// A database that must be migrated before it can be used.
    fn not_migrated(error: &impl Display) -> Self {
        Self::Database(format!("{error}; `oms migrate` puts that right"))
    }
}

impl From<infra_sqlite::MigrateError> for CompositionError {
    fn from(error: infra_sqlite::MigrateError) -> Self {
        Self::Database(error.to_string())
    }
}

impl From<infra_sqlite::OpenError> for CompositionError {
    fn from(error: infra_sqlite::OpenError) -> Self {
        use infra_sqlite::{
            OpenError::{Missing, Schema},
            SchemaError,
        };
        match error {
            Missing | Schema(SchemaError::Behind { .. } | SchemaError::NotRewritten { .. }) => {
                Self::not_migrated(&error)
            }
            error => Self::Database(error.to_string()),
        }
    }
}

impl From<infra_postgres::MigrateError> for CompositionError {
    fn from(error: infra_postgres::MigrateError) -> Self {
        match error {
            infra_postgres::MigrateError::Url(error) => Self::setting("DATABASE_URL", &error),
            error => Self::Database(error.to_string()),
        }
    }
}

impl From<infra_postgres::OpenError> for CompositionError {
    fn from(error: infra_postgres::OpenError) -> Self {
        use infra_postgres::{OpenError, SchemaError};
        match error {
            OpenError::Url(error) => Self::setting("DATABASE_URL", &error),
            OpenError::Schema(SchemaError::Behind { .. } | SchemaError::NotRewritten { .. }) => {
                Self::not_migrated(&error)
            }
            error => Self::Database(error.to_string()),
        }
    }
}
