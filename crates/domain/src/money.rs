//! Exact money: integers of hundredths inside, decimal text outside, no binary floating point.

use std::fmt;

use crate::decimal::{Decimal, DecimalError, ScaleError};

/// An amount of money in minor units (hundredths) of the shop's currency.
///
/// 128 bits, so that no sum of prices times quantities can overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i128);

impl Money {
    /// The amount 0.00.
    pub const ZERO: Self = Self(0);

    /// An amount in hundredths.
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
    /// The text is not a decimal number.
    #[error("must be a decimal number, such as \"129.90\"")]
    NotANumber,
    /// The price is zero or less.
    #[error("must be greater than 0")]
    NotPositive,
    /// The price has more than two decimal places.
    #[error("must have at most 2 decimal places")]
    TooPrecise,
    /// The price has more than ten digits, two of which are decimal places.
    #[error("must have at most 10 digits, 2 of them decimal places")]
    TooLarge,
}

/// The price of one unit of a product: more than 0, at most 99,999,999.99.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(i64);

impl Price {
    /// The greatest price, in hundredths: ten digits.
    pub const MAX_MINOR: i64 = 9_999_999_999;
    /// The decimal places of a price.
    const PLACES: u32 = 2;

    /// A price in hundredths.
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

    /// Parses a decimal number in the grammar of JSON (RFC 8259, section 6) by its value: `129.9`,
    /// `129.900` and `1.299e2` are one price. Leading zeros are allowed, unlike in JSON.
    ///
    /// # Errors
    /// [`PriceError`] if it is not a number, not positive, too precise or too large.
    ///
    /// ```
    /// use domain::{Price, PriceError};
    ///
    /// let price = Price::parse("129.9")?;
    /// assert_eq!(price.minor(), 12_990);
    /// assert_eq!(price.to_string(), "129.90");
    /// assert_eq!(Price::parse("129.900"), Ok(price));
    /// assert_eq!(Price::parse("1.299e2"), Ok(price));
    /// assert_eq!(Price::parse("0.005"), Err(PriceError::TooPrecise));
    /// # Ok::<(), PriceError>(())
    /// ```
    pub fn parse(raw: &str) -> Result<Self, PriceError> {
        let number = Decimal::parse(raw).map_err(|error| match error {
            DecimalError::NotANumber => PriceError::NotANumber,
            DecimalError::TooLong => PriceError::TooLarge,
        })?;
        if !number.is_positive() {
            return Err(PriceError::NotPositive);
        }
        let minor = number.scaled(Self::PLACES).map_err(|error| match error {
            ScaleError::Fraction => PriceError::TooPrecise,
            ScaleError::TooLarge => PriceError::TooLarge,
        })?;
        Self::from_minor(minor)
    }

    /// The price in hundredths.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// The price of this many units.
    pub fn times(self, quantity: crate::Quantity) -> Money {
        Money(i128::from(self.0) * i128::from(quantity.get()))
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
    /// The code is not three capital letters.
    #[error("must be a three-letter currency code of ISO 4217, such as EUR")]
    NotACode,
    /// The minor unit of the currency is not a hundredth, as with the yen or the dinar.
    #[error("must be a currency with two decimal places")]
    NotTwoPlaces,
}

/// A currency with two decimal places, by its ISO 4217 code. A code that the standard does not list
/// counts as such a currency, because its lists grow faster than programs are updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The currencies of ISO 4217 whose minor unit is not a hundredth, in alphabetical order.
    #[rustfmt::skip]
    const NOT_TWO_PLACES: [[u8; 3]; 26] = [
        *b"BHD", *b"BIF", *b"CLF", *b"CLP", *b"DJF", *b"GNF", *b"IQD", *b"ISK", *b"JOD", *b"JPY", *b"KMF", *b"KRW",
        *b"KWD", *b"LYD", *b"OMR", *b"PYG", *b"RWF", *b"TND", *b"UGX", *b"UYI", *b"UYW", *b"VND", *b"VUV", *b"XAF",
        *b"XOF", *b"XPF",
    ];
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");

    /// Parses a code in capital letters.
    ///
    /// # Errors
    /// [`CurrencyError`] if it is not a code, or its currency does not have two decimal places.
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

    /// The code in capital letters.
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
