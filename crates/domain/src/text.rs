//! Text that people typed: checked once, here, and a type of its own from then on.

use std::fmt;

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
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

/// Brings a text into the form in which searches compare: each character in lower case, by Unicode's
/// rules, and the Greek final sigma as any other sigma.
///
/// It goes character by character, so that a folded part is a part of the folded whole: `str::to_lowercase`
/// looks at a sigma's neighbours, and would hide `ΟΔΟΣΑ` from a search for `ΟΔΟΣ`.
///
/// Stores keep this beside the original, so that every database finds the same things.
pub fn fold(raw: &str) -> String {
    raw.chars()
        .flat_map(char::to_lowercase)
        .map(|lower| if lower == 'ς' { 'σ' } else { lower })
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
                check_length(&raw, 1, Self::MAX_CHARS)?;
                if raw.trim().is_empty() {
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
        Ok((!trimmed.is_empty()).then(|| Self(fold(trimmed))))
    }

    /// The term, trimmed and [folded](fold), to be compared with a folded name.
    pub fn folded(&self) -> &str {
        &self.0
    }
}
