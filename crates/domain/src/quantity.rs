//! How many: pieces ordered, and pieces on the shelf.

use std::fmt;

/// Why a number of pieces was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// An order for nothing, or for less.
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

/// How many pieces an order asks for: one or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i64);

impl Quantity {
    /// One piece.
    pub const ONE: Self = Self(1);
    /// The most pieces a free-form order may ask for.
    pub const MAX_FREE_FORM: i64 = 100_000;

    /// So many pieces.
    ///
    /// # Errors
    /// [`QuantityError::NotPositive`] if that is none.
    pub const fn new(pieces: i64) -> Result<Self, QuantityError> {
        if pieces > 0 { Ok(Self(pieces)) } else { Err(QuantityError::NotPositive) }
    }

    /// The number of pieces.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Both together, or nothing if that is beyond 64 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many pieces are on the shelf: none or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stock(i64);

impl Stock {
    /// An empty shelf.
    pub const EMPTY: Self = Self(0);
    /// The most that a request may set. Far from 64 bits, so that returns never overflow.
    pub const MAX: i64 = 1_000_000_000_000_000;

    /// A stock that somebody sets.
    ///
    /// # Errors
    /// [`QuantityError`] if it is negative or beyond [`Self::MAX`].
    pub const fn new(pieces: i64) -> Result<Self, QuantityError> {
        if pieces < 0 {
            Err(QuantityError::Negative)
        } else if pieces > Self::MAX {
            Err(QuantityError::TooMany { max: Self::MAX })
        } else {
            Ok(Self(pieces))
        }
    }

    /// A stock that a store kept. Returned goods may lift it beyond [`Self::MAX`].
    ///
    /// # Errors
    /// [`QuantityError::Negative`] if it is below zero.
    pub const fn restore(pieces: i64) -> Result<Self, QuantityError> {
        if pieces < 0 { Err(QuantityError::Negative) } else { Ok(Self(pieces)) }
    }

    /// The number of pieces.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// What is left when so many are taken, or nothing if there are too few.
    pub fn take(self, quantity: Quantity) -> Option<Self> {
        let left = self.0.checked_sub(quantity.get())?;
        (left >= 0).then_some(Self(left))
    }

    /// What is there when so many come back. Stops at 64 bits, which no shelf reaches.
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
    fn quantities_that_do_not_fit_together_have_no_sum() {
        let most = Quantity::new(i64::MAX).unwrap();
        assert_eq!(most.checked_add(Quantity::ONE), None);
        assert_eq!(Quantity::ONE.checked_add(Quantity::ONE).map(Quantity::get), Some(2));
    }

    #[test]
    fn a_stock_is_set_within_its_bounds_and_kept_beyond_them() {
        assert_eq!(Stock::new(0), Ok(Stock::EMPTY));
        assert_eq!(Stock::new(Stock::MAX).map(Stock::get), Ok(Stock::MAX));
        assert_eq!(Stock::new(-1), Err(QuantityError::Negative));
        let too_many = QuantityError::TooMany { max: Stock::MAX };
        assert_eq!(Stock::new(Stock::MAX + 1), Err(too_many));
        assert_eq!(Stock::restore(Stock::MAX + 1).map(Stock::get), Ok(Stock::MAX + 1));
        assert_eq!(Stock::restore(-1), Err(QuantityError::Negative));
    }

    #[test]
    fn the_last_piece_can_be_taken_and_no_more() {
        let five = Stock::new(5).unwrap();
        assert_eq!(five.take(Quantity::new(5).unwrap()), Some(Stock::EMPTY));
        assert_eq!(five.take(Quantity::new(6).unwrap()), None);
        assert_eq!(Stock::EMPTY.take(Quantity::new(i64::MAX).unwrap()), None);
        assert_eq!(five.put_back(Quantity::ONE).get(), 6);
    }
}
