//! The term of a search by staff.

use crate::{OrderId, SearchTerm, TextError};

/// What staff search orders for: a part of the customer's name, of the address of the account that
/// placed the order, or of the name of any line or item; or the number of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSearchTerm {
    text: SearchTerm,
    number: Option<OrderId>,
}

impl OrderSearchTerm {
    /// Parses a term; a blank one is none. A whole number, also behind a `#`, is an order's number
    /// as well.
    ///
    /// # Errors
    /// As [`SearchTerm::parse`].
    pub fn parse(raw: &str) -> Result<Option<Self>, TextError> {
        let term = SearchTerm::parse(raw)?;
        Ok(term.map(|text| Self { number: number(text.folded()), text }))
    }

    /// The part that one of the texts has to contain.
    pub const fn text(&self) -> &SearchTerm {
        &self.text
    }

    /// The order that the term names by its number.
    pub const fn number(&self) -> Option<OrderId> {
        self.number
    }
}

fn number(term: &str) -> Option<OrderId> {
    let digits = term.strip_prefix('#').unwrap_or(term);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // A number beyond 64 bits is no order's.
    is_number.then(|| digits.parse().ok()).flatten().map(OrderId::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(raw: &str) -> OrderSearchTerm {
        OrderSearchTerm::parse(raw).unwrap().unwrap()
    }

    #[test]
    fn a_whole_number_is_an_orders_number_and_a_text() {
        for raw in ["17", " 17 ", "#17", "017"] {
            assert_eq!(term(raw).number(), Some(OrderId::new(17)), "{raw}");
        }
        assert_eq!(term(" #17").text().folded(), "#17");
    }

    #[test]
    fn another_text_is_no_number() {
        for raw in ["#", "##17", "17a", "-17", "+17", "1.0", "1 7", "9223372036854775808", "Cup"] {
            assert_eq!(term(raw).number(), None, "{raw}");
        }
    }

    #[test]
    fn a_blank_text_is_no_term_and_a_nul_is_refused() {
        assert_eq!(OrderSearchTerm::parse(" \t"), Ok(None));
        assert_eq!(OrderSearchTerm::parse("1\0"), Err(TextError::Nul));
    }
}
