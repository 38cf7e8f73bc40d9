//! An error and all that caused it, on one line: for logs, and for people who run a command.

use std::error::Error;

/// Writes an error and what caused it on one line. For logs and commands: clients of a surface never see causes.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // A transparent error says what its cause says.
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.replace(['\n', '\r'], " ")
}

/// The innermost cause of an error: what an operator needs to read.
pub fn innermost_cause<'a>(mut error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    while let Some(cause) = error.source() {
        error = cause;
    }
    error
}
