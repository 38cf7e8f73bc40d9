//! Why a command failed, and with which exit code.

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

/// Why a command failed. Shows as one line for people, without any secret.
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
    /// Something else, said for people.
    #[error("{0}")]
    Refused(String),
    /// The arguments, or what was typed, cannot be used.
    #[error("{0}")]
    Usage(String),
}

impl CommandError {
    /// Turns the reason why what is configured is not there into a failure that says where it should be.
    pub(super) fn not_composed(config: &Config) -> impl FnOnce(CompositionError) -> Self {
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
    fn what_an_operator_has_to_put_right_is_told_apart_from_what_failed() {
        let config = ConfigError::new("PORT", "must be a number");
        assert_eq!(CommandError::from(config).exit_code(), ExitCode::from(2));
        assert_eq!(CommandError::Usage("no".to_owned()).exit_code(), ExitCode::from(2));
        assert_eq!(CommandError::Refused("no".to_owned()).exit_code(), ExitCode::FAILURE);
    }

    #[test]
    fn a_failure_is_one_line_with_its_causes() {
        let cause = io::Error::other("disk\nfull");
        let error = CommandError::Store(StoreError::unavailable(cause));
        assert_eq!(error.to_string(), "the store is unavailable: disk full");
    }
}
