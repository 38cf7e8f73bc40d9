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
    /// The start of a text that [`Self::parse`] would accept, but for its length.
    pub(crate) fn truncated(text: &str) -> Self {
        Self(text.chars().take(Self::MAX_CHARS).collect())
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
mod tests;
