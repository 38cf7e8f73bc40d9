//! Parsing domain values from JSON text. A parser returns all errors, so that the client gets them
//! at once.

use domain::parse_whole_number;

use crate::InputError;

/// A value that is parsed from JSON text. The text is one complete JSON value other than `null`.
pub trait FromJson: Sized {
    /// Parses the value.
    ///
    /// # Errors
    /// All errors, with pointers relative to the value.
    fn from_json(raw: &str) -> Result<Self, Vec<InputError>>;
}

/// One error, of the value as a whole.
#[expect(clippy::needless_pass_by_value, reason = "it takes the error that a parser returned")]
pub(crate) fn invalid(detail: impl ToString) -> Vec<InputError> {
    vec![InputError::in_body("", detail.to_string())]
}

pub(crate) fn string(raw: &str) -> Result<String, Vec<InputError>> {
    serde_json::from_str(raw).map_err(|_not_a_string| invalid("must be a string"))
}

/// A number as it was written, or the content of a string. It is never parsed as floating point, so
/// that no digit is lost.
pub(crate) fn decimal(raw: &str) -> Result<String, Vec<InputError>> {
    let decimal = if raw.starts_with('"') { string(raw)? } else { raw.to_owned() };
    Ok(decimal.trim().to_owned())
}

/// An integer by its value, as a number or as a string: `3`, `"3"`, `3.0`, `3e0`.
pub(crate) fn integer(raw: &str) -> Result<i64, Vec<InputError>> {
    parse_whole_number(&decimal(raw)?).map_err(invalid)
}
