//! Parsing domain values from JSON text. A parser returns all errors, so that the client gets them
//! at once.

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

/// An integer, as a number or as a string of digits.
pub(crate) fn integer(raw: &str) -> Result<i64, Vec<InputError>> {
    let decimal = decimal(raw)?;
    // 3.0 is an integer as well: JSON has only one number type.
    let integer = match decimal.split_once('.') {
        Some((integer, zeros)) if !zeros.is_empty() && zeros.bytes().all(|zero| zero == b'0') => {
            integer
        }
        _ => &decimal,
    };
    parse_integer(integer).map_err(invalid)
}

/// Parses a 64-bit integer from its decimal digits.
pub(crate) fn parse_integer(digits: &str) -> Result<i64, &'static str> {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err("must be a whole number");
    }
    digits.parse().map_err(|_too_big| "must be a whole number of at most 64 bits")
}
