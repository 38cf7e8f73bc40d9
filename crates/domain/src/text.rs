//! Texts that people type: each is checked once and has its own type.

use std::fmt;

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The text is empty, or only white space.
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

/// Separates case-folded texts that are stored as one: the "unit separator" of ASCII. Names may
/// contain other control characters, line breaks too.
pub const FOLDED_SEPARATOR: char = '\u{1f}';

/// Folds case for searches: converts each character to lower case, by Unicode's rules, and the
/// Greek final sigma to the ordinary one.
///
/// Each character is folded alone, so that a part of a text is folded as it is within the whole:
/// `str::to_lowercase` depends on a sigma's neighbours, so that a search for `ΟΔΟΣ` would not find
/// `ΟΔΟΣΑ`.
///
/// Stores keep the result beside the original, so that every database finds the same rows. It never
/// contains a [`FOLDED_SEPARATOR`].
pub fn fold_case(raw: &str) -> String {
    raw.chars()
        .flat_map(char::to_lowercase)
        .map(|lower| match lower {
            'ς' => 'σ',
            FOLDED_SEPARATOR => ' ',
            other => other,
        })
        .collect()
}

/// Declares a text type: not blank, at most `MAX_CHARS` characters, no NUL, kept unchanged.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The greatest number of characters (Unicode scalar values).
            pub const MAX_CHARS: usize = $max;

            /// Checks a text and keeps it unchanged.
            ///
            /// # Errors
            /// [`TextError`] if it is blank, too long or contains a NUL.
            pub fn parse(raw: impl Into<String>) -> Result<Self, TextError> {
                let raw = raw.into();
                check_length(&raw, 0, Self::MAX_CHARS)?;
                if raw.chars().all(char::is_whitespace) {
                    return Err(TextError::Blank);
                }
                Ok(Self(raw))
            }

            /// The unchanged text.
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

    /// Checks a text and keeps it unchanged.
    ///
    /// # Errors
    /// [`TextError`] if it is too long or contains a NUL.
    pub fn parse(raw: impl Into<String>) -> Result<Self, TextError> {
        let raw = raw.into();
        check_length(&raw, 0, Self::MAX_CHARS)?;
        Ok(Self(raw))
    }

    /// The unchanged text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A search term: a part of a name, compared without case. It has no wildcards.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SearchTerm(String);

impl SearchTerm {
    /// Trims and case-folds a text. Returns `None` if it is blank.
    ///
    /// # Errors
    /// [`TextError::Nul`] if it contains a NUL.
    pub fn parse(raw: &str) -> Result<Option<Self>, TextError> {
        check_length(raw, 0, usize::MAX)?;
        let trimmed = raw.trim();
        Ok((!trimmed.is_empty()).then(|| Self(fold_case(trimmed))))
    }

    /// The term, trimmed and [case-folded](fold_case), to be compared with a case-folded name.
    pub fn folded(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::EmailAddress;

    #[test]
    fn a_name_is_kept_as_it_was_typed() {
        for name in ["A", "  Ada  ", "Ζωή", "👩‍🚀", "a\tb\nc"] {
            assert_eq!(PersonName::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn a_blank_name_is_refused() {
        for blank in ["", " ", "\t\n", "\u{3000}"] {
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

    #[test]
    fn a_search_term_is_trimmed_and_a_blank_one_is_none() {
        let term = SearchTerm::parse("  Tea_100% ").unwrap().unwrap();
        assert_eq!(term.folded(), "tea_100%");
        assert_eq!(SearchTerm::parse(""), Ok(None));
        assert_eq!(SearchTerm::parse(" \t "), Ok(None));
    }

    #[test]
    fn case_folded_texts_compare_without_case() {
        for (one, other) in [("ÄPFEL", "äpfel"), ("ТЕА", "теа"), ("ΟΔΟΣ", "οδος"), ("ΟΔΟΣ", "οδοσ")]
        {
            assert_eq!(fold_case(one), fold_case(other));
        }
    }

    #[test]
    fn a_case_folded_text_contains_no_separator() {
        assert_eq!(fold_case("A\u{1f}B\nC"), "a b\nc");
    }

    #[test]
    fn a_part_that_ends_in_a_sigma_is_found_within_a_word() {
        assert!(fold_case("ΟΔΟΣΑ").contains(&fold_case("ΟΔΟΣ")));
    }
}
