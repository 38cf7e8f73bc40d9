//! The shop as a whole: what belongs to all of its data, and not to one program that uses it.

pub mod port;

use std::{fmt, str::FromStr};

use crate::Currency;

/// Identifies a shop among all shops: 128 random bits, written as 32 hexadecimal digits. A copy of
/// a shop has the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShopId(u128);

impl ShopId {
    /// Makes an identifier from random bytes.
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for ShopId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The text is not a shop's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a shop")]
pub struct NotAShopId;

impl FromStr for ShopId {
    type Err = NotAShopId;

    fn from_str(raw: &str) -> Result<Self, NotAShopId> {
        if raw.len() != 32 || !raw.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NotAShopId);
        }
        u128::from_str_radix(raw, 16).map(Self).map_err(|_not_hex| NotAShopId)
    }
}

/// What a database records about its shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shop {
    /// The identifier, which never changes.
    pub id: ShopId,
    /// The currency of all prices, which never changes: the amounts are stored without it.
    pub currency: Currency,
}

/// A program is set up for another currency than the shop's. It would sell at the same numbers in
/// another currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the shop's currency is {shop}, not {configured}")]
pub struct CurrencyMismatch {
    /// The shop's currency.
    pub shop: Currency,
    /// The currency that the program is set up for.
    pub configured: Currency,
}

impl Shop {
    /// The shop of a database that records none yet. Its currency is that of its newest order; a
    /// shop without orders takes the configured one, or else [`Currency::EUR`].
    pub fn new(id: ShopId, newest_order: Option<Currency>, configured: Option<Currency>) -> Self {
        Self { id, currency: newest_order.or(configured).unwrap_or(Currency::EUR) }
    }

    /// Returns the shop if a program that is set up for this currency may use it; `None` accepts
    /// any.
    ///
    /// # Errors
    /// [`CurrencyMismatch`] if the shop has another one.
    pub fn check(self, configured: Option<Currency>) -> Result<Self, CurrencyMismatch> {
        match configured {
            Some(configured) if configured != self.currency => {
                Err(CurrencyMismatch { shop: self.currency, configured })
            }
            _ => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: ShopId = ShopId::from_random([7; 16]);

    fn usd() -> Currency {
        Currency::parse("USD").unwrap()
    }

    #[test]
    fn a_shop_id_is_32_hexadecimal_digits() {
        let id = ShopId::from_random([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xff]);
        assert_eq!(id.to_string(), "000102030405060708090a0b0c0d0eff");
        assert_eq!(id.to_string().parse(), Ok(id));
        for raw in ["", "0", "+0102030405060708090a0b0c0d0eff1", &"0".repeat(33), &"g".repeat(32)] {
            assert_eq!(raw.parse::<ShopId>(), Err(NotAShopId), "{raw}");
        }
    }

    #[test]
    fn a_new_shop_has_the_currency_of_its_newest_order_or_else_the_configured_one_or_else_euros() {
        let currency = |order, configured| Shop::new(ID, order, configured).currency;
        assert_eq!(currency(Some(usd()), None), usd());
        assert_eq!(currency(Some(usd()), Some(Currency::EUR)), usd());
        assert_eq!(currency(None, Some(usd())), usd());
        assert_eq!(currency(None, None), Currency::EUR);
    }

    #[test]
    fn a_program_for_another_currency_is_refused_and_one_for_none_is_not() {
        let shop = Shop { id: ID, currency: usd() };
        assert_eq!(shop.check(None), Ok(shop));
        assert_eq!(shop.check(Some(usd())), Ok(shop));
        let refused = shop.check(Some(Currency::EUR)).unwrap_err();
        assert_eq!(refused, CurrencyMismatch { shop: usd(), configured: Currency::EUR });
        assert_eq!(refused.to_string(), "the shop's currency is USD, not EUR");
    }
}
