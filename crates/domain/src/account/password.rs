//! Passwords and their hashes. Their `Debug` output shows neither.
//!
//! A password is what its form C is (RFC 8265, section 4): a composed `ü` and a `u` with a mark are
//! the same, because which of them a keyboard sends is not visible. Everything else counts, case
//! and spaces too.

use std::fmt;

use zeroize::Zeroizing;

use crate::text::{self, MAX_COMPOSED, TextError};

/// The form C of a password. Its other form is wiped from memory.
fn normalize(raw: Zeroizing<String>) -> Zeroizing<String> {
    if raw.is_ascii() { raw } else { Zeroizing::new(text::nfc(&raw)) }
}

/// Why a new password was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The password has too few characters, too many, or a NUL.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The password has more bytes than bcrypt reads; bcrypt would silently ignore the rest.
    #[error("must have at most {max} bytes in UTF-8", max = NewPassword::MAX_BYTES)]
    TooManyBytes,
}

/// The length that a new password must have, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The least number of characters.
    pub min_chars: usize,
    /// The greatest number of characters. [`NewPassword::MAX_BYTES`] limits the bytes too.
    pub max_chars: usize,
}

impl PasswordPolicy {
    /// The policy of v1.
    pub const V1: Self = Self { min_chars: 8, max_chars: 128 };
    /// The policy of the classic surface.
    pub const CLASSIC: Self = Self { min_chars: 6, max_chars: 200 };
}

/// A new password, checked but not yet hashed. Wiped from memory when dropped.
#[derive(Clone)]
pub struct NewPassword(Zeroizing<String>);

impl NewPassword {
    /// The number of bytes that bcrypt reads.
    pub const MAX_BYTES: usize = 72;

    /// Checks a password and keeps its form C, whose characters and bytes count.
    ///
    /// # Errors
    /// [`PasswordError`] if it violates the policy or has more than [`Self::MAX_BYTES`] bytes.
    pub fn parse(raw: impl Into<String>, policy: PasswordPolicy) -> Result<Self, PasswordError> {
        let raw = Zeroizing::new(raw.into());
        let max = policy.max_chars;
        // A text that is far too long is refused before it is normalized.
        if !raw.contains('\0') && raw.len() > max.saturating_mul(MAX_COMPOSED * 4) {
            return Err(TextError::TooLong { max }.into());
        }
        let password = normalize(raw);
        text::check_length(&password, policy.min_chars, max)?;
        if password.len() > Self::MAX_BYTES {
            return Err(PasswordError::TooManyBytes);
        }
        Ok(Self(password))
    }

    /// The password itself, for a hasher.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(***)")
    }
}

/// The password of a login attempt in its form C, unchecked. Wiped from memory when dropped.
#[derive(Clone)]
pub struct PasswordAttempt(Zeroizing<String>);

impl PasswordAttempt {
    /// No password is longer, in any form: a longer attempt is wrong, and is not normalized.
    const MAX_RAW_BYTES: usize = NewPassword::MAX_BYTES * 4;

    /// Wraps an attempt.
    pub fn new(raw: impl Into<String>) -> Self {
        let raw = Zeroizing::new(raw.into());
        Self(if raw.len() > Self::MAX_RAW_BYTES { raw } else { normalize(raw) })
    }

    /// The attempt itself, for a hasher.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordAttempt(***)")
    }
}

/// A password's hash, in the modular crypt format (`$2b$12$…`), salt and cost included.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a hash from a hasher or a store.
    pub fn new(hash: impl Into<String>) -> Self {
        Self(hash.into())
    }

    /// The hash, for a hasher or a store.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(raw: &str, policy: PasswordPolicy) -> Option<PasswordError> {
        NewPassword::parse(raw, policy).err()
    }

    #[test]
    fn each_surface_has_its_own_minimum_of_characters() {
        let too_short = |min| Some(TextError::TooShort { min }.into());
        assert_eq!(refusal("1234567", PasswordPolicy::V1), too_short(8));
        assert_eq!(refusal("12345678", PasswordPolicy::V1), None);
        assert_eq!(refusal("12345", PasswordPolicy::CLASSIC), too_short(6));
        assert_eq!(refusal("123456", PasswordPolicy::CLASSIC), None);
        // Characters count, not bytes.
        assert_eq!(refusal("üüüüüüü", PasswordPolicy::V1), too_short(8));
    }

    #[test]
    fn too_many_characters_are_refused() {
        let too_long = |max| Some(TextError::TooLong { max }.into());
        assert_eq!(refusal(&"x".repeat(129), PasswordPolicy::V1), too_long(128));
        assert_eq!(refusal(&"x".repeat(201), PasswordPolicy::CLASSIC), too_long(200));
    }

    #[test]
    fn more_bytes_than_bcrypt_reads_are_refused() {
        for policy in [PasswordPolicy::V1, PasswordPolicy::CLASSIC] {
            assert_eq!(refusal(&"x".repeat(72), policy), None);
            assert_eq!(refusal(&"x".repeat(73), policy), Some(PasswordError::TooManyBytes));
            assert_eq!(refusal(&"€".repeat(24), policy), None);
            let one_byte_more = "€".repeat(24) + "x";
            assert_eq!(refusal(&one_byte_more, policy), Some(PasswordError::TooManyBytes));
        }
    }

    #[test]
    fn a_nul_is_refused_because_bcrypt_stops_at_it() {
        assert_eq!(refusal("secret\0secret", PasswordPolicy::V1), Some(TextError::Nul.into()));
    }

    #[test]
    fn a_password_is_the_same_in_either_normal_form() {
        let (composed, decomposed) =
            ("Jürgens Bücher ẩ", "Ju\u{308}rgens Bu\u{308}cher a\u{302}\u{309}");
        let password = NewPassword::parse(decomposed, PasswordPolicy::V1).unwrap();
        assert_eq!(password.expose(), composed);
        for attempt in [composed, decomposed] {
            assert_eq!(PasswordAttempt::new(attempt).expose(), composed);
        }
        // Seven characters and 72 bytes, in either form.
        let too_short = Some(TextError::TooShort { min: 8 }.into());
        assert_eq!(refusal(&"u\u{308}".repeat(7), PasswordPolicy::V1), too_short);
        assert_eq!(refusal(&"u\u{308}".repeat(36), PasswordPolicy::V1), None);
        let too_many = Some(PasswordError::TooManyBytes);
        assert_eq!(refusal(&"u\u{308}".repeat(37), PasswordPolicy::V1), too_many);
        // Compatible characters are other characters.
        assert_ne!(PasswordAttempt::new("ﬁ").expose(), PasswordAttempt::new("fi").expose());
        let longest = "\u{1112}\u{1161}\u{11ab}".repeat(24);
        assert_eq!(PasswordAttempt::new(longest).expose(), "한".repeat(24));
    }

    #[test]
    fn a_password_that_is_far_too_long_is_refused_without_normalizing_it() {
        let huge = "u\u{308}".repeat(1_000_000);
        let too_long = Some(TextError::TooLong { max: 128 }.into());
        assert_eq!(refusal(&huge, PasswordPolicy::V1), too_long);
        assert_eq!(PasswordAttempt::new(huge.as_str()).expose(), huge);
    }

    #[test]
    fn a_password_is_kept_as_it_was_typed() {
        for raw in [" spaces around ", "        ", "Großbuchstabe", "\tnewline\n"] {
            let password = NewPassword::parse(raw, PasswordPolicy::V1).unwrap();
            assert_eq!(password.expose(), raw);
        }
    }

    #[test]
    fn no_secret_shows_in_a_log() {
        let password = NewPassword::parse("correct horse", PasswordPolicy::V1).unwrap();
        assert_eq!(format!("{password:?}"), "NewPassword(***)");
        assert_eq!(format!("{:?}", PasswordAttempt::new("correct horse")), "PasswordAttempt(***)");
        assert_eq!(format!("{:?}", PasswordHash::new("$2b$12$…")), "PasswordHash(***)");
    }
}
