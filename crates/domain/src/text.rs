//! Texts that people type: each is checked once and has its own type.
//!
//! Texts are kept in Unicode's normal form C ([`nfc`]), so that a length does not depend on how a
//! keyboard writes accents; searches compare their [`search_form`].

mod characters;
mod normal_form;
mod search;

use std::fmt;

pub(crate) use characters::is_ignorable;
use characters::{is_forbidden, is_visible};
pub use normal_form::nfc;
pub(crate) use normal_form::{MAX_COMPOSED, into_nfc};
pub use search::{FOLDED_SEPARATOR, MAX_SEARCH_FORM_BYTES, SearchTerm, search_form};

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// It is empty, or has only white space and characters that are not seen.
    #[error("must not be blank")]
    Blank,
    /// The text has fewer characters than the minimum.
    #[error("must have at least {min} characters")]
    TooShort {
        /// The least number of characters (Unicode scalar values).
        min: usize,
    },
    /// The text has more characters than the maximum.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The greatest number of characters (Unicode scalar values).
        max: usize,
    },
    /// The text contains U+0000, which PostgreSQL cannot store and which ends strings in C.
    #[error("must not contain a NUL character")]
    Nul,
    /// It contains a character that changes how the text around it is shown, such as a line break
    /// or a control of the writing direction, or one that is none.
    #[error("must not contain the character U+{:04X}", u32::from(*.0))]
    Forbidden(char),
}

/// Checks a text's length in characters, and that it has no NUL. Blank texts pass.
pub(crate) fn check_length(raw: &str, min: usize, max: usize) -> Result<(), TextError> {
    if raw.contains('\0') {
        return Err(TextError::Nul);
    }
    let chars = raw.chars().take(max.saturating_add(1)).count();
    if chars < min {
        Err(TextError::TooShort { min })
    } else if chars > max {
        Err(TextError::TooLong { max })
    } else {
        Ok(())
    }
}

/// The form C of a text of at most `max` characters, with no NUL. Blank texts pass.
fn normalize(raw: String, max: usize) -> Result<String, TextError> {
    // A text that is far too long is refused before it is normalized.
    let most = max.saturating_mul(MAX_COMPOSED);
    check_length(&raw, 0, most).map_err(|error| match error {
        TextError::TooLong { .. } => TextError::TooLong { max },
        other => other,
    })?;
    let text = into_nfc(raw);
    check_length(&text, 0, max)?;
    Ok(text)
}

/// Refuses a text with a character that may not be in it. `allowed` names exceptions.
fn check_characters(text: &str, allowed: &[char]) -> Result<(), TextError> {
    let forbidden = |character: &char| is_forbidden(*character) && !allowed.contains(character);
    text.chars().find(forbidden).map_or(Ok(()), |found| Err(TextError::Forbidden(found)))
}

/// Declares a text type: one line, not blank, at most `MAX_CHARS` characters, kept in form C.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The greatest number of characters (Unicode scalar values).
            pub const MAX_CHARS: usize = $max;

            /// Checks a text and keeps its form C.
            ///
            /// # Errors
            /// [`TextError`] if nothing of it is seen, it is too long, or it contains a character
            /// that a line of text may not have.
            pub fn parse(raw: impl Into<String>) -> Result<Self, TextError> {
                let text = normalize(raw.into(), Self::MAX_CHARS)?;
                if !text.chars().any(is_visible) {
                    return Err(TextError::Blank);
                }
                check_characters(&text, &[])?;
                Ok(Self(text))
            }

            /// A text that a store kept, unchanged. It may be older than some rules of
            /// [`Self::parse`], so only its length is checked.
            ///
            /// # Errors
            /// [`TextError`] if it is empty, too long or contains a NUL.
            pub fn restore(stored: impl Into<String>) -> Result<Self, TextError> {
                let stored = stored.into();
                check_length(&stored, 0, Self::MAX_CHARS)?;
                if stored.is_empty() {
                    return Err(TextError::Blank);
                }
                Ok(Self(stored))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// The name of a person, on their account.
    PersonName,
    100
);
name!(
    /// The name of a product.
    ProductName,
    255
);
name!(
    /// The name of the customer, on an order.
    CustomerName,
    200
);
name!(
    /// The name of the item of a free-form order.
    ItemName,
    200
);

impl PersonName {
    /// The name of a person who gave only an address: the part before the `@`.
    pub fn from_address(address: &crate::account::EmailAddress) -> Self {
        Self(address.local_part().chars().take(Self::MAX_CHARS).collect())
    }

    /// The name that replaces the name of a deleted account.
    pub fn of_deleted_account() -> Self {
        Self("Deleted user".to_owned())
    }
}

impl CustomerName {
    /// The name that replaces the name of a deleted account on its orders.
    pub fn of_deleted_account() -> Self {
        Self::from(&PersonName::of_deleted_account())
    }
}

impl From<&PersonName> for CustomerName {
    /// The greatest length of a person's name is below that of a customer's name.
    fn from(name: &PersonName) -> Self {
        Self(name.0.clone())
    }
}

/// The description of a product. May be empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Description(String);

impl Description {
    /// The greatest number of characters (Unicode scalar values).
    pub const MAX_CHARS: usize = 1000;

    /// The characters that only texts of several lines may have.
    const LAYOUT: [char; 3] = ['\t', '\n', '\r'];

    /// Checks a text and keeps its form C. It may have several lines.
    ///
    /// # Errors
    /// [`TextError`] if it is too long, or contains a character that a text may not have.
    pub fn parse(raw: impl Into<String>) -> Result<Self, TextError> {
        let text = normalize(raw.into(), Self::MAX_CHARS)?;
        check_characters(&text, &Self::LAYOUT)?;
        Ok(Self(text))
    }

    /// A text that a store kept, unchanged. It may be older than some rules of [`Self::parse`].
    ///
    /// # Errors
    /// [`TextError`] if it is too long or contains a NUL.
    pub fn restore(stored: impl Into<String>) -> Result<Self, TextError> {
        let stored = stored.into();
        check_length(&stored, 0, Self::MAX_CHARS)?;
        Ok(Self(stored))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::EmailAddress;

    #[test]
    fn a_name_is_kept_as_it_was_typed() {
        for name in ["A", "  Ada  ", "Ζωή", "👩‍🚀", "می‌خواهم", "a\u{a0}b", "क्‍ष"]
        {
            assert_eq!(PersonName::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn a_text_is_kept_in_the_composed_form() {
        assert_eq!(ProductName::parse("Cafe\u{301}").unwrap().as_str(), "Café");
        assert_eq!(Description::parse("Cafe\u{301}").unwrap().as_str(), "Café");
        let composed = ProductName::parse("e\u{301}".repeat(255)).unwrap();
        assert_eq!(composed.as_str(), "é".repeat(255));
        let too_long = Err(TextError::TooLong { max: 255 });
        assert_eq!(ProductName::parse("e\u{301}".repeat(256)), too_long);
        assert_eq!(ProductName::parse("e\u{301}".repeat(1_000_000)), too_long);
    }

    #[test]
    fn a_name_with_a_character_that_changes_the_text_around_it_is_refused() {
        for forbidden in [
            '\u{1}',
            '\n',
            '\t',
            '\u{7f}',
            '\u{85}',
            '\u{202e}',
            '\u{2066}',
            '\u{200f}',
            '\u{61c}',
            '\u{2028}',
            '\u{2029}',
            '\u{fffe}',
            '\u{10ffff}',
        ] {
            let name = format!("Tea{forbidden}pot");
            let refused = TextError::Forbidden(forbidden);
            assert_eq!(PersonName::parse(name.as_str()), Err(refused), "{name:?}");
            assert_eq!(ProductName::parse(name.as_str()), Err(refused), "{name:?}");
            assert_eq!(CustomerName::parse(name.as_str()), Err(refused), "{name:?}");
            assert_eq!(ItemName::parse(name.as_str()), Err(refused), "{name:?}");
            let layout = matches!(forbidden, '\n' | '\t');
            assert_eq!(Description::parse(name.as_str()).is_ok(), layout, "{name:?}");
        }
        let message = TextError::Forbidden('\u{202e}').to_string();
        assert_eq!(message, "must not contain the character U+202E");
    }

    #[test]
    fn a_stored_text_is_restored_even_if_it_would_be_refused_now() {
        for old in ["a\tb\nc", "\u{200b}", "Tea\u{202e}pot", "Cafe\u{301}"] {
            assert_eq!(ProductName::restore(old).unwrap().as_str(), old);
            assert_eq!(Description::restore(old).unwrap().as_str(), old);
        }
        assert_eq!(ProductName::restore(""), Err(TextError::Blank));
        assert_eq!(ProductName::restore("x".repeat(256)), Err(TextError::TooLong { max: 255 }));
    }

    #[test]
    fn a_blank_name_is_refused() {
        for blank in
            ["", " ", "\t\n", "\u{3000}", "\u{200b}", "\u{200d} \u{ad}", "\u{3164}", "\u{2800}"]
        {
            assert_eq!(PersonName::parse(blank), Err(TextError::Blank), "{blank:?}");
        }
    }

    #[test]
    fn a_nul_is_refused_in_every_text() {
        assert_eq!(ProductName::parse("a\0"), Err(TextError::Nul));
        assert_eq!(Description::parse("\0"), Err(TextError::Nul));
        assert_eq!(SearchTerm::parse("\0"), Err(TextError::Nul));
        assert_eq!(ItemName::parse("\0".repeat(1_000)), Err(TextError::Nul));
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        let name = "ü".repeat(100);
        assert!(PersonName::parse(name.clone()).is_ok());
        assert_eq!(PersonName::parse(name + "ü"), Err(TextError::TooLong { max: 100 }));
        assert!(ProductName::parse("é".repeat(255)).is_ok());
        assert_eq!(ProductName::parse("é".repeat(256)), Err(TextError::TooLong { max: 255 }));
        assert!(CustomerName::parse("я".repeat(200)).is_ok());
        assert_eq!(CustomerName::parse("я".repeat(201)), Err(TextError::TooLong { max: 200 }));
        assert!(ItemName::parse("茶".repeat(200)).is_ok());
        assert_eq!(ItemName::parse("茶".repeat(201)), Err(TextError::TooLong { max: 200 }));
        assert!(Description::parse("…".repeat(1_000)).is_ok());
        assert_eq!(Description::parse("…".repeat(1_001)), Err(TextError::TooLong { max: 1_000 }));
    }

    #[test]
    fn a_description_may_be_empty() {
        assert_eq!(Description::parse("").unwrap().as_str(), "");
    }

    #[test]
    fn the_local_part_of_an_address_is_the_default_name() {
        let address = EmailAddress::parse("Ada.Lovelace@example.com").unwrap();
        assert_eq!(PersonName::from_address(&address).as_str(), "ada.lovelace");
    }

    #[test]
    fn the_longest_person_name_is_a_valid_customer_name() {
        let person = PersonName::parse("x".repeat(PersonName::MAX_CHARS)).unwrap();
        let customer = CustomerName::from(&person);
        assert_eq!(CustomerName::parse(person.as_str()), Ok(customer));
    }
}
