//! Money, exact: whole hundredths in integers, decimal text at the edges, binary floating point nowhere.

use std::{fmt, num::IntErrorKind};

/// An amount of money in minor units (hundredths) of the shop's currency.
///
/// 128 bits, so that no sum of prices times quantities can overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i128);

impl Money {
    /// Nothing at all.
    pub const ZERO: Self = Self(0);

    /// An amount of so many hundredths.
    pub const fn from_minor(minor: i128) -> Self {
        Self(minor)
    }

    /// The amount in hundredths.
    pub const fn minor(self) -> i128 {
        self.0
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.map(|amount| amount.0).sum())
    }
}

impl fmt::Display for Money {
    /// Two decimal places, always: `129.90`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let minor = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", minor / 100, minor % 100)
    }
}

/// Why a price was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// Not a decimal number.
    #[error("must be a decimal number, such as \"129.90\"")]
    NotANumber,
    /// Zero or less.
    #[error("must be greater than 0")]
    NotPositive,
    /// Finer than a hundredth.
    #[error("must have at most 2 decimal places")]
    TooPrecise,
    /// More than ten digits, two of which are decimal places.
    #[error("must have at most 10 digits, 2 of them decimal places")]
    TooLarge,
}

/// What one piece of a product costs: more than nothing, at most 99,999,999.99.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(i64);

impl Price {
    /// The greatest price, in hundredths: ten digits.
    pub const MAX_MINOR: i64 = 9_999_999_999;
    /// A price's text is short; anything longer is refused before it is read.
    const MAX_TEXT: usize = 64;

    /// A price of so many hundredths.
    ///
    /// # Errors
    /// [`PriceError`] if it is not positive or has more than ten digits.
    pub fn from_minor(minor: i64) -> Result<Self, PriceError> {
        if minor <= 0 {
            Err(PriceError::NotPositive)
        } else if minor > Self::MAX_MINOR {
            Err(PriceError::TooLarge)
        } else {
            Ok(Self(minor))
        }
    }

    /// Reads a decimal number as JSON writes it (RFC 8259, section 6): `129.9`, `129.90`, `1.299e2`.
    /// Leading zeros, which JSON does not write, do no harm. Trailing ones count as places: whoever
    /// writes `10.500` means thousandths.
    ///
    /// # Errors
    /// [`PriceError`] if it is no number, not positive, too precise or too large.
    ///
    /// ```
    /// use domain::{Price, PriceError};
    ///
    /// let price = Price::parse("129.9")?;
    /// assert_eq!(price.minor(), 12_990);
    /// assert_eq!(price.to_string(), "129.90");
    /// assert_eq!(Price::parse("1.299e2"), Ok(price));
    /// assert_eq!(Price::parse("0.005"), Err(PriceError::TooPrecise));
    /// # Ok::<(), PriceError>(())
    /// ```
    pub fn parse(raw: &str) -> Result<Self, PriceError> {
        if raw.len() > Self::MAX_TEXT {
            return Err(PriceError::TooLarge);
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
            Some((_, "")) => return Err(PriceError::NotANumber),
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        let digits = [whole, fraction].concat();
        if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PriceError::NotANumber);
        }
        let significant = digits.trim_start_matches('0');
        if negative || significant.is_empty() {
            return Err(PriceError::NotPositive);
        }
        let places = i64::try_from(fraction.len())
            .map_err(|_too_long| PriceError::TooLarge)?
            .saturating_sub(i64::from(exponent));
        if places > 2 {
            return Err(PriceError::TooPrecise);
        }
        // Appending this many zeros turns the digits into hundredths.
        let zeros = u32::try_from(2 - places).map_err(|_huge| PriceError::TooLarge)?;
        let minor = significant
            .parse::<i64>()
            .ok()
            .zip(10_i64.checked_pow(zeros))
            .and_then(|(value, scale)| value.checked_mul(scale))
            .ok_or(PriceError::TooLarge)?;
        Self::from_minor(minor)
    }

    /// The price in hundredths.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// What so many pieces cost.
    pub fn times(self, quantity: crate::Quantity) -> Money {
        Money(i128::from(self.0) * i128::from(quantity.get()))
    }
}

/// Reads the exponent of a decimal number. One beyond 32 bits stops there: the number is too large or too
/// precise either way, unless it is zero.
fn parse_exponent(raw: &str) -> Result<i32, PriceError> {
    match raw.parse() {
        Ok(exponent) => Ok(exponent),
        Err(error) => match error.kind() {
            IntErrorKind::PosOverflow => Ok(i32::MAX),
            IntErrorKind::NegOverflow => Ok(i32::MIN),
            _ => Err(PriceError::NotANumber),
        },
    }
}

impl fmt::Display for Price {
    /// Two decimal places, always: `129.90`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Money(i128::from(self.0)).fmt(f)
    }
}

/// Why a currency was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CurrencyError {
    /// Not three capital letters.
    #[error("must be a three-letter currency code of ISO 4217, such as EUR")]
    NotACode,
    /// A currency whose smallest unit is not the hundredth, such as the yen or the dinar.
    #[error("must be a currency with two decimal places")]
    NotTwoPlaces,
}

/// A currency with two decimal places, by its ISO 4217 code. A code that the standard does not list is
/// taken for such a currency: its lists grow faster than programs are updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The currencies of ISO 4217 whose minor unit is not a hundredth, in the order of the alphabet.
    #[rustfmt::skip]
    const NOT_TWO_PLACES: [[u8; 3]; 26] = [
        *b"BHD", *b"BIF", *b"CLF", *b"CLP", *b"DJF", *b"GNF", *b"IQD", *b"ISK", *b"JOD", *b"JPY", *b"KMF", *b"KRW",
        *b"KWD", *b"LYD", *b"OMR", *b"PYG", *b"RWF", *b"TND", *b"UGX", *b"UYI", *b"UYW", *b"VND", *b"VUV", *b"XAF",
        *b"XOF", *b"XPF",
    ];
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");

    /// Reads a code, in capitals.
    ///
    /// # Errors
    /// [`CurrencyError`] if it is no code, or of a currency that two places cannot express.
    pub fn parse(raw: &str) -> Result<Self, CurrencyError> {
        let code: [u8; 3] = raw.as_bytes().try_into().map_err(|_length| CurrencyError::NotACode)?;
        if !code.iter().all(u8::is_ascii_uppercase) {
            return Err(CurrencyError::NotACode);
        }
        if Self::NOT_TWO_PLACES.binary_search(&code).is_ok() {
            return Err(CurrencyError::NotTwoPlaces);
        }
        Ok(Self(code))
    }

    /// The code, in capitals.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests;
