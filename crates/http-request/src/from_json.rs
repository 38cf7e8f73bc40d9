//! Reading a value from JSON text. Every reason against it is kept, so that a client gets all of them at once.

use crate::InputError;

/// A value that JSON text may hold. The text is one whole JSON value, and not `null`.
pub trait FromJson: Sized {
    /// Reads the value.
    ///
    /// # Errors
    /// What is wrong with it, each with a pointer that starts at the value.
    fn from_json(raw: &str) -> Result<Self, Vec<InputError>>;
}

/// The value itself is wrong.
#[expect(clippy::needless_pass_by_value, reason = "it takes the error that a parser returned")]
pub(crate) fn wrong(detail: impl ToString) -> Vec<InputError> {
    vec![InputError::in_body("", detail.to_string())]
}

pub(crate) fn text(raw: &str) -> Result<String, Vec<InputError>> {
    serde_json::from_str(raw).map_err(|_not_text| wrong("must be a string"))
}

/// A number as it was written, or the text of a string. It is never read as floating point, so that no digit is lost.
pub(crate) fn digits(raw: &str) -> Result<String, Vec<InputError>> {
    let digits = if raw.starts_with('"') { text(raw)? } else { raw.to_owned() };
    Ok(digits.trim().to_owned())
}

/// A whole number, or a string of digits.
pub(crate) fn whole(raw: &str) -> Result<i64, Vec<InputError>> {
    let digits = digits(raw)?;
    // A number such as 3.0 is whole as well (JSON has one kind of number only).
    let integer = match digits.split_once('.') {
        Some((integer, zeros)) if !zeros.is_empty() && zeros.bytes().all(|zero| zero == b'0') => {
            integer
        }
        _ => &digits,
    };
    parse_whole(integer).map_err(wrong)
}

/// Reads a whole number of 64 bits from its decimal digits.
pub(crate) fn parse_whole(digits: &str) -> Result<i64, &'static str> {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err("must be a whole number");
    }
    digits.parse().map_err(|_too_big| "must be a whole number of at most 64 bits")
}
