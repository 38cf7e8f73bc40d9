//! Errors of a measurement.

use std::{io, process::ExitStatus};

/// The reason why something could not be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error("{what}: {source}")]
    Io {
        /// The file or program of the failed operation.
        what: String,
        /// The error of the operating system.
        source: io::Error,
    },
    #[error("{program} ended with {status}:\n{output}")]
    Program {
        /// The name of the program.
        program: String,
        /// Its exit status.
        status: ExitStatus,
        /// The last lines that it printed.
        output: String,
    },
    /// A program printed or returned something unexpected, or timed out.
    #[error("{0}")]
    Unexpected(String),
    /// A request got no response.
    #[error("a request failed: {0}")]
    Request(#[from] reqwest::Error),
    #[error("PostgreSQL: {}", message(.0))]
    Database(#[from] tokio_postgres::Error),
    #[error("interrupted")]
    Interrupted,
}

/// The message of the server, which the error displays only as "db error".
fn message(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
}

impl BenchError {
    /// Adds the file or program to an error of the operating system.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
