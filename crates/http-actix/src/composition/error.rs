//! Why the program cannot be composed.

use std::fmt::Display;

use domain::{
    StoreError,
    shop::{CurrencyMismatch, port::OpenShopError},
    with_causes,
};

use crate::config::{DataDirError, SecretFileError};

/// Why the program cannot be composed: a setting, or something that the program depends on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompositionError {
    /// The data directory cannot be created.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The secret's file cannot be read or created.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// A setting is invalid, which only the adapter detects.
    #[error("{variable}: {problem}")]
    Setting {
        variable: &'static str,
        /// The valid values of the setting, as text without any secret.
        problem: String,
    },
    /// The database cannot be migrated or opened.
    #[error("{0}")]
    Database(String),
}

impl CompositionError {
    pub(super) fn setting(variable: &'static str, problem: &impl ToString) -> Self {
        Self::Setting { variable, problem: problem.to_string() }
    }

    /// The database must be migrated before it can be opened.
    fn not_migrated(error: &impl Display) -> Self {
        Self::Database(format!("{error}; run `oms migrate`"))
    }
}

impl From<infra_sqlite::LockError> for CompositionError {
    fn from(error: infra_sqlite::LockError) -> Self {
        Self::Database(error.to_string())
    }
}

impl From<infra_sqlite::SchemaError> for CompositionError {
    fn from(error: infra_sqlite::SchemaError) -> Self {
        Self::Database(error.to_string())
    }
}

impl From<OpenShopError> for CompositionError {
    fn from(error: OpenShopError) -> Self {
        match error {
            OpenShopError::Currency(CurrencyMismatch { shop, configured }) => Self::setting(
                "CURRENCY",
                &format_args!("must be {shop}, the shop's currency, or unset, not {configured}"),
            ),
            OpenShopError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for CompositionError {
    fn from(error: StoreError) -> Self {
        Self::Database(with_causes(&error))
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
