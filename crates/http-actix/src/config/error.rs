//! The error of an invalid variable.

/// A variable with an invalid value. The text is one line and contains no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}")]
pub(crate) struct ConfigError {
    variable: &'static str,
    problem: String,
}

impl ConfigError {
    /// `problem` describes the valid values, and must not contain a secret.
    pub(crate) fn new(variable: &'static str, problem: impl Into<String>) -> Self {
        Self { variable, problem: problem.into() }
    }
}
