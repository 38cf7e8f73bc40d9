//! Passwords on their way in, and their hashes. Neither ever shows in a log.

use std::fmt;

use zeroize::Zeroizing;

use crate::text::{self, TextError};

/// Why a new password was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short, too long in characters, or with a NUL.
    #[error(transparent)]
    Text(#[from] TextError),
    /// More bytes than bcrypt reads; it would cut the rest off in silence.
    #[error("must have at most {max} bytes in UTF-8", max = NewPassword::MAX_BYTES)]
    TooManyBytes,
}

/// How long a new password must be, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The least number of characters.
    pub min_chars: usize,
    /// The greatest number of characters. [`NewPassword::MAX_BYTES`] holds as well.
    pub max_chars: usize,
}

impl PasswordPolicy {
    /// What v1 asks for.
    pub const V1: Self = Self { min_chars: 8, max_chars: 128 };
    /// What the classic surface asks for.
    pub const CLASSIC: Self = Self { min_chars: 6, max_chars: 200 };
}

/// A password that somebody chooses, checked, not yet hashed. Wiped from memory when dropped.
#[derive(Clone)]
pub struct NewPassword(Zeroizing<String>);

impl NewPassword {
    /// The most bytes that bcrypt takes into account.
    pub const MAX_BYTES: usize = 72;

    /// Takes a password over as it is.
    ///
    /// # Errors
    /// [`PasswordError`] if it is against the policy or has more than [`Self::MAX_BYTES`] bytes.
    pub fn parse(raw: impl Into<String>, policy: PasswordPolicy) -> Result<Self, PasswordError> {
        let raw = Zeroizing::new(raw.into());
        text::check_length(&raw, policy.min_chars, policy.max_chars)?;
        if raw.len() > Self::MAX_BYTES {
            return Err(PasswordError::TooManyBytes);
        }
        Ok(Self(raw))
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

/// What somebody types to log in: anything at all. Wiped from memory when dropped.
#[derive(Clone)]
pub struct PasswordAttempt(Zeroizing<String>);

impl PasswordAttempt {
    /// Takes an attempt over as it is.
    pub fn new(raw: impl Into<String>) -> Self {
        Self(Zeroizing::new(raw.into()))
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
    /// Wraps what a hasher made or a store kept.
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
