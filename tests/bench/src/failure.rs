//! What can keep a measurement from being made.

use std::{io, process::ExitStatus};

/// Why something could not be measured. Whoever meets one ends the run and shows it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
    #[error("{program} ended with {status}:\n{said}")]
    Program {
        /// Which.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it printed.
        said: String,
    },
    /// A program printed or answered something that cannot be understood, or took too long to.
    #[error("{0}")]
    Unexpected(String),
    /// A request did not get through.
    #[error("a request failed: {0}")]
    Request(#[from] reqwest::Error),
    #[error("PostgreSQL: {}", told(.0))]
    Database(#[from] tokio_postgres::Error),
    #[error("interrupted")]
    Interrupted,
}

/// The server's own words, which the error keeps behind "db error".
fn told(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
}

impl Failure {
    /// Says what was tried when the operating system refused.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
