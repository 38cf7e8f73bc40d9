//! Text that people typed: checked once, here, and a type of its own from then on.

use std::fmt;

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing, or nothing but white space.
    #[error("must not be blank")]
    Blank,
    /// Fewer characters than the minimum.
    #[error("must have at least {min} characters")]
    TooShort {
        /// The least number of characters (Unicode scalar values).
        min: usize,
    },
    /// More characters than the maximum.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The greatest number of characters (Unicode scalar values).
        max: usize,
    },
    /// Contains U+0000, which PostgreSQL cannot store and C programs cut at.
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

/// Stands between folded texts that are kept as one: the "unit separator" of ASCII. Other control characters,
/// line breaks too, may be part of a name.
pub const FOLDED_SEPARATOR: char = '\u{1f}';

/// Brings a text into the form in which searches compare: each character in lower case, by Unicode's
/// rules, and the Greek final sigma as any other sigma.
///
/// It goes character by character, so that a folded part is a part of the folded whole: `str::to_lowercase`
/// looks at a sigma's neighbours, and would hide `ΟΔΟΣΑ` from a search for `ΟΔΟΣ`.
///
/// Stores keep this beside the original, so that every database finds the same things. No folded text has a
/// [`FOLDED_SEPARATOR`] in it.
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

/// Declares a text type: not blank, at most `MAX_CHARS` characters, no NUL, kept as it was typed.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The most characters (Unicode scalar values) it may have.
            pub const MAX_CHARS: usize = $max;

            /// Takes a text over as it is.
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

            /// The text as it was typed.
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
    /// What a person is called on their account.
    PersonName,
    100
);
name!(
    /// What a product is called.
    ProductName,
    255
);
name!(
    /// For whom an order is.
    CustomerName,
    200
);
name!(
    /// What a free-form order asks for.
    ItemName,
    200
);

impl PersonName {
    /// What a person is called who gave only an address: the part before the `@`.
    pub fn from_address(address: &crate::account::EmailAddress) -> Self {
        Self(address.local_part().chars().take(Self::MAX_CHARS).collect())
    }

    /// The name that stands where a deleted account's name stood.
    pub fn of_deleted_account() -> Self {
        Self("Deleted user".to_owned())
    }
}

impl CustomerName {
    /// The name that stands on an order where a deleted account's name stood.
    pub fn of_deleted_account() -> Self {
        Self::from(&PersonName::of_deleted_account())
    }
}

impl From<&PersonName> for CustomerName {
    /// A person's name is always short enough to be a customer's.
    fn from(name: &PersonName) -> Self {
        Self(name.0.clone())
    }
}

/// A product's description. May be empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Description(String);

impl Description {
    /// The most characters (Unicode scalar values) it may have.
    pub const MAX_CHARS: usize = 1000;

    /// Takes a text over as it is.
    ///
    /// # Errors
    /// [`TextError`] if it is too long or contains a NUL.
    pub fn parse(raw: impl Into<String>) -> Result<Self, TextError> {
        let raw = raw.into();
        check_length(&raw, 0, Self::MAX_CHARS)?;
        Ok(Self(raw))
    }

    /// The text as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a list is searched for: a part of a name, without case. Every character stands for itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SearchTerm(String);

impl SearchTerm {
    /// Trims and folds what was typed; blank means no search at all.
    ///
    /// # Errors
    /// [`TextError::Nul`] if it contains a NUL.
    pub fn parse(raw: &str) -> Result<Option<Self>, TextError> {
        check_length(raw, 0, usize::MAX)?;
        let trimmed = raw.trim();
        Ok((!trimmed.is_empty()).then(|| Self(fold_case(trimmed))))
    }

    /// The term, trimmed and [folded](fold), to be compared with a folded name.
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
    fn a_name_of_nothing_is_refused() {
        for blank in ["", " ", "\t\n", "\u{3000}"] {
            assert_eq!(PersonName::parse(blank), Err(TextError::Blank), "{blank:?}");
        }
    }

    #[test]
    fn a_nul_is_refused_wherever_it_stands() {
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
    fn who_gives_no_name_is_called_by_their_address() {
        let address = EmailAddress::parse("Ada.Lovelace@example.com").unwrap();
        assert_eq!(PersonName::from_address(&address).as_str(), "ada.lovelace");
    }

    #[test]
    fn the_longest_persons_name_is_a_customers_name() {
        let person = PersonName::parse("x".repeat(PersonName::MAX_CHARS)).unwrap();
        let customer = CustomerName::from(&person);
        assert_eq!(CustomerName::parse(person.as_str()), Ok(customer));
    }

    #[test]
    fn a_search_is_trimmed_and_blank_is_none() {
        let term = SearchTerm::parse("  Tea_100% ").unwrap().unwrap();
        assert_eq!(term.folded(), "tea_100%");
        assert_eq!(SearchTerm::parse(""), Ok(None));
        assert_eq!(SearchTerm::parse(" \t "), Ok(None));
    }

    #[test]
    fn folded_texts_compare_without_case() {
        for (one, other) in [("ÄPFEL", "äpfel"), ("ТЕА", "теа"), ("ΟΔΟΣ", "οδος"), ("ΟΔΟΣ", "οδοσ")]
        {
            assert_eq!(fold_case(one), fold_case(other));
        }
    }

    #[test]
    fn no_folded_text_has_a_separator() {
        assert_eq!(fold_case("A\u{1f}B\nC"), "a b\nc");
    }

    #[test]
    fn a_part_of_a_name_is_found_whatever_follows_it() {
        assert!(fold_case("ΟΔΟΣΑ").contains(&fold_case("ΟΔΟΣ")));
    }
}
