//! Decimal numbers by their value: `3`, `3.0`, `3e0` and `30e-1` are one number. No binary floating
//! point.

/// A decimal number: its sign, digits and power of ten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    /// Without zeros at either end; empty for zero.
    digits: String,
    /// The power of ten of the last digit.
    exponent: i64,
}

/// Why a text is no decimal number that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecimalError {
    /// It is not a number in the grammar of JSON.
    NotANumber,
    /// The text is longer than any that is read.
    TooLong,
}

/// Why a number is not a whole number of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScaleError {
    /// It is a fraction.
    Fraction,
    /// It is beyond 64 bits.
    TooLarge,
}

impl Decimal {
    /// Longer texts are refused before they are read.
    const MAX_TEXT_BYTES: usize = 1_000;
    /// Exponents beyond it count as it: a number with one is zero, too large, or a fraction.
    const MAX_EXPONENT: i64 = 1_000_000_000;

    /// Parses a number in the grammar of JSON (RFC 8259, section 6). Leading zeros are allowed,
    /// unlike in JSON. The work depends on the length of the text, not on the exponent.
    pub(crate) fn parse(raw: &str) -> Result<Self, DecimalError> {
        if raw.len() > Self::MAX_TEXT_BYTES {
            return Err(DecimalError::TooLong);
        }
        let (negative, unsigned) = match raw.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, raw),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return Err(DecimalError::NotANumber),
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        let written = [whole, fraction].concat();
        if whole.is_empty() || !written.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(DecimalError::NotANumber);
        }
        let places = length(fraction);
        let kept = written.trim_end_matches('0');
        let zeros = length(&written) - length(kept);
        let digits = kept.trim_start_matches('0').to_owned();
        Ok(Self { negative, digits, exponent: exponent - places + zeros })
    }

    /// Whether it is zero, or less.
    pub(crate) fn is_positive(&self) -> bool {
        !self.negative && !self.digits.is_empty()
    }

    /// The number times ten to the power of `places`.
    ///
    /// # Errors
    /// [`ScaleError`] if that is not a whole number of 64 bits.
    pub(crate) fn scaled(&self, places: u32) -> Result<i64, ScaleError> {
        if self.digits.is_empty() {
            return Ok(0);
        }
        let zeros = self.exponent + i64::from(places);
        if zeros < 0 {
            return Err(ScaleError::Fraction);
        }
        let sign = if self.negative { -1 } else { 1 };
        u32::try_from(zeros)
            .ok()
            .and_then(|zeros| 10_i128.checked_pow(zeros))
            .zip(self.digits.parse::<i128>().ok())
            .and_then(|(scale, digits)| digits.checked_mul(scale)?.checked_mul(sign))
            .and_then(|value| i64::try_from(value).ok())
            .ok_or(ScaleError::TooLarge)
    }
}

/// A length as a number that exponents are counted with. No text that is read is near the limit.
fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(Decimal::MAX_EXPONENT)
}

/// Parses the exponent of a number: digits, perhaps with a sign.
fn parse_exponent(raw: &str) -> Result<i64, DecimalError> {
    let (negative, digits) = match raw.as_bytes().first() {
        Some(b'-') => (true, raw.get(1..).unwrap_or_default()),
        Some(b'+') => (false, raw.get(1..).unwrap_or_default()),
        _ => (false, raw),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError::NotANumber);
    }
    let exponent = digits
        .parse()
        .map_or(Decimal::MAX_EXPONENT, |exponent: i64| exponent.min(Decimal::MAX_EXPONENT));
    Ok(if negative { -exponent } else { exponent })
}

/// Why a text is not a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WholeNumberError {
    /// It is not a number, or a fraction.
    #[error("must be a whole number")]
    NotWhole,
    /// It is beyond 64 bits.
    #[error("must be a whole number of at most 64 bits")]
    TooLarge,
}

/// Parses a whole number by its value, in any spelling: `3`, `3.0`, `3e0`.
///
/// # Errors
/// [`WholeNumberError`] if it is not a whole number of 64 bits.
///
/// ```
/// use domain::{WholeNumberError, parse_whole_number};
///
/// assert_eq!(parse_whole_number("1.5e1"), Ok(15));
/// assert_eq!(parse_whole_number("1.5"), Err(WholeNumberError::NotWhole));
/// ```
pub fn parse_whole_number(raw: &str) -> Result<i64, WholeNumberError> {
    let number = Decimal::parse(raw).map_err(|error| match error {
        DecimalError::NotANumber => WholeNumberError::NotWhole,
        DecimalError::TooLong => WholeNumberError::TooLarge,
    })?;
    number.scaled(0).map_err(|error| match error {
        ScaleError::Fraction => WholeNumberError::NotWhole,
        ScaleError::TooLarge => WholeNumberError::TooLarge,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_whole_number_counts_and_not_its_spelling() {
        for (number, spellings) in [
            (3, &["3", "3.0", "3.000", "3e0", "3E0", "3e+0", "3e-0", "0.3e1", "30e-1", "003"][..]),
            (1_000, &["1000", "1e3", "1E3", "1e+3", "1e03", "10000e-1", "0.001e6"]),
            (0, &["0", "-0", "0.0", "0e999999999999999999999", "0e-5", "0.000e1"]),
            (-15, &["-15", "-1.5e1", "-15.0"]),
            (i64::MAX, &["9223372036854775807", "9223372036854775807.0", "922337203685477580.7e1"]),
            (i64::MIN, &["-9223372036854775808"]),
        ] {
            for spelling in spellings {
                assert_eq!(parse_whole_number(spelling), Ok(number), "{spelling}");
            }
        }
    }

    #[test]
    fn what_is_no_whole_number_of_64_bits_is_refused() {
        for fraction in ["1.5", "0.1", "1e-1", "15e-2", "1e-999999999999999999999", "-0.5"] {
            assert_eq!(parse_whole_number(fraction), Err(WholeNumberError::NotWhole), "{fraction}");
        }
        for none in [
            "", "-", "+3", ".5", "5.", "1e", "1e+", "1e1.5", "0x10", "1_000", "1,000", "٣", "３",
            " 3", "3 ",
        ] {
            assert_eq!(parse_whole_number(none), Err(WholeNumberError::NotWhole), "{none}");
        }
        let endless = "1".repeat(1_000_000);
        for huge in [
            "9223372036854775808",
            "-9223372036854775809",
            "1e19",
            "1e999999999",
            "1e99999999999999999999999",
            endless.as_str(),
        ] {
            assert_eq!(parse_whole_number(huge), Err(WholeNumberError::TooLarge), "{huge:.30}");
        }
    }
}
