//! The errors of commands, and their exit codes.

use std::{io, process::ExitCode};

use domain::{
    StoreError,
    account::service::{PasswordCheckError, RegisterError},
    with_causes,
};

use crate::{
    composition::CompositionError,
    config::{Config, ConfigError},
    metrics::InstallError,
    server::BindError,
    telemetry::ExportError,
};

/// Why a command failed. The text is one line and contains no secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Composition(CompositionError),
    #[error("{error} ({store})")]
    Database { error: CompositionError, store: String },
    #[error(transparent)]
    Tracing(#[from] ExportError),
    #[error("{}", with_causes(.0))]
    Metrics(#[from] InstallError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("{}", with_causes(.0))]
    Store(#[from] StoreError),
    #[error("{}", with_causes(.0))]
    Register(#[from] RegisterError),
    #[error("{}", with_causes(.0))]
    Password(#[from] PasswordCheckError),
    #[error("{doing}: {cause}")]
    Io { doing: &'static str, cause: io::Error },
    /// Any other failure, as a message for the operator.
    #[error("{0}")]
    Refused(String),
    /// The arguments or the input are invalid.
    #[error("{0}")]
    Usage(String),
}

impl CommandError {
    /// Converts a composition error. An error of the database gets the database's location.
    pub(super) fn from_composition(config: &Config) -> impl FnOnce(CompositionError) -> Self {
        |error| match error {
            CompositionError::Database(_) => {
                Self::Database { error, store: config.store.describe() }
            }
            CompositionError::DataDir(_)
            | CompositionError::Secret(_)
            | CompositionError::Setting { .. } => Self::Composition(error),
        }
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_)
            | Self::Usage(_)
            | Self::Composition(CompositionError::Setting { .. }) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_and_configuration_errors_have_another_exit_code_than_failures() {
        let config = ConfigError::new("PORT", "must be a number");
        assert_eq!(CommandError::from(config).exit_code(), ExitCode::from(2));
        assert_eq!(CommandError::Usage("no".to_owned()).exit_code(), ExitCode::from(2));
        assert_eq!(CommandError::Refused("no".to_owned()).exit_code(), ExitCode::FAILURE);
    }

    #[test]
    fn an_error_is_displayed_as_one_line_with_its_causes() {
        let cause = io::Error::other("disk\nfull");
        let error = CommandError::Store(StoreError::unavailable(cause));
        assert_eq!(error.to_string(), "the store is unavailable: disk full");
    }
}
