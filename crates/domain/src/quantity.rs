//! Numbers of units: ordered quantities and stock.

use std::fmt;

/// Why a number of units was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// A quantity of zero or less.
    #[error("must be greater than 0")]
    NotPositive,
    /// A stock below zero.
    #[error("must be 0 or more")]
    Negative,
    /// More than the limit.
    #[error("must be at most {max}")]
    TooMany {
        /// The limit.
        max: i64,
    },
}

/// The number of units that an order asks for: one or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i64);

impl Quantity {
    /// One unit.
    pub const ONE: Self = Self(1);
    /// The greatest quantity of a free-form order.
    pub const MAX_FREE_FORM: i64 = 100_000;

    /// A quantity of this many units.
    ///
    /// # Errors
    /// [`QuantityError::NotPositive`] below 1.
    pub const fn new(units: i64) -> Result<Self, QuantityError> {
        if units > 0 { Ok(Self(units)) } else { Err(QuantityError::NotPositive) }
    }

    /// The number of units.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum, or `None` if it is beyond 64 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of units of a product that can be ordered: zero or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stock(i64);

impl Stock {
    /// No units.
    pub const EMPTY: Self = Self(0);
    /// The greatest number of units on hand: in stock, or held by open orders. So cancelled orders
    /// never raise a stock beyond it, and no sum overflows.
    pub const MAX: i64 = 1_000_000_000_000_000;

    /// A stock that a request sets.
    ///
    /// # Errors
    /// [`QuantityError`] if it is negative or beyond [`Self::MAX`].
    pub const fn new(units: i64) -> Result<Self, QuantityError> {
        if units < 0 {
            Err(QuantityError::Negative)
        } else if units > Self::MAX {
            Err(QuantityError::TooMany { max: Self::MAX })
        } else {
            Ok(Self(units))
        }
    }

    /// A number read from a store, which may be beyond [`Self::MAX`].
    ///
    /// # Errors
    /// [`QuantityError::Negative`] if it is below zero.
    pub const fn restore(units: i64) -> Result<Self, QuantityError> {
        if units < 0 { Err(QuantityError::Negative) } else { Ok(Self(units)) }
    }

    /// The number of units.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The stock after this quantity is taken, or `None` if there are too few units.
    pub fn take(self, quantity: Quantity) -> Option<Self> {
        let left = self.0.checked_sub(quantity.get())?;
        (left >= 0).then_some(Self(left))
    }

    /// The stock after this quantity is restocked. Saturates at `i64::MAX`, which no stock reaches.
    #[must_use]
    pub fn put_back(self, quantity: Quantity) -> Self {
        Self(self.0.saturating_add(quantity.get()))
    }
}

impl fmt::Display for Stock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_one_or_more() {
        assert_eq!(Quantity::new(1), Ok(Quantity::ONE));
        assert_eq!(Quantity::new(i64::MAX).map(Quantity::get), Ok(i64::MAX));
        for none in [0, -1, i64::MIN] {
            assert_eq!(Quantity::new(none), Err(QuantityError::NotPositive));
        }
    }

    #[test]
    fn a_sum_of_quantities_beyond_64_bits_is_none() {
        let most = Quantity::new(i64::MAX).unwrap();
        assert_eq!(most.checked_add(Quantity::ONE), None);
        assert_eq!(Quantity::ONE.checked_add(Quantity::ONE).map(Quantity::get), Some(2));
    }

    #[test]
    fn a_request_sets_a_stock_within_bounds_and_a_store_restores_it_beyond_them() {
        assert_eq!(Stock::new(0), Ok(Stock::EMPTY));
        assert_eq!(Stock::new(Stock::MAX).map(Stock::get), Ok(Stock::MAX));
        assert_eq!(Stock::new(-1), Err(QuantityError::Negative));
        let too_many = QuantityError::TooMany { max: Stock::MAX };
        assert_eq!(Stock::new(Stock::MAX + 1), Err(too_many));
        assert_eq!(Stock::restore(Stock::MAX + 1).map(Stock::get), Ok(Stock::MAX + 1));
        assert_eq!(Stock::restore(-1), Err(QuantityError::Negative));
    }

    #[test]
    fn the_last_unit_can_be_taken_and_no_more() {
        let five = Stock::new(5).unwrap();
        assert_eq!(five.take(Quantity::new(5).unwrap()), Some(Stock::EMPTY));
        assert_eq!(five.take(Quantity::new(6).unwrap()), None);
        assert_eq!(Stock::EMPTY.take(Quantity::new(i64::MAX).unwrap()), None);
        assert_eq!(five.put_back(Quantity::ONE).get(), 6);
    }
}
