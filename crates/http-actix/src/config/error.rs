//! The error of an invalid variable.

/// A variable with an invalid value. Displayed as one line, without any secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}")]
pub(crate) struct ConfigError {
    variable: &'static str,
    problem: String,
}

impl ConfigError {
    /// `problem` says what the value must be, and must not contain a secret.
    pub(crate) fn new(variable: &'static str, problem: impl Into<String>) -> Self {
        Self { variable, problem: problem.into() }
    }
}
