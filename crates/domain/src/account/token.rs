//! The two tokens of a session: a short-lived access token, and a long-lived refresh token that
//! renews the session.

use std::fmt::{self, Write as _};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::SessionId;
use crate::{Timestamp, UserId};

/// The claims of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessClaims {
    /// The account that the token authenticates.
    pub user: UserId,
    /// The session that the token belongs to; when it ends, the token stops working.
    pub session: SessionId,
    /// The time of issue, in whole seconds.
    pub issued_at: Timestamp,
    /// The time from which the token is refused, in whole seconds.
    pub expires_at: Timestamp,
}

impl AccessClaims {
    /// The same claims, unless the token has expired.
    ///
    /// # Errors
    /// [`InvalidToken::Expired`] from [`Self::expires_at`] on.
    pub fn unless_expired(self, now: Timestamp) -> Result<Self, InvalidToken> {
        if self.expires_at <= now { Err(InvalidToken::Expired) } else { Ok(self) }
    }
}

/// A signed access token.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    /// Wraps a signed token.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(***)")
    }
}

/// Why an access token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// The token is malformed, has another algorithm or type, or has a bad signature.
    #[error("the token is not one that this server issued")]
    NotOurs,
    /// The token has expired.
    #[error("the token has expired")]
    Expired,
}

/// A refresh token: 256 random bits, opaque to clients. Stores keep only its hash.
#[derive(Clone)]
pub struct RefreshToken(Zeroizing<String>);

impl RefreshToken {
    /// Makes a token from random bytes, which must come from a cryptographic source.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        let mut token = Zeroizing::new(String::with_capacity(64));
        for byte in bytes {
            // Writing to a string cannot fail.
            let _ = write!(token, "{byte:02x}");
        }
        Self(token)
    }

    /// Wraps the token that a client presents. A malformed one matches no session.
    pub fn presented(raw: impl Into<String>) -> Self {
        Self(Zeroizing::new(raw.into()))
    }

    /// The token itself, to be sent to the client.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The hash that a store keeps. The token is random, so a plain SHA-256 suffices.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(***)")
    }
}

/// The SHA-256 of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Wraps a stored hash.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash, for a store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_is_found_again_by_its_hash() {
        let token = RefreshToken::from_random([0xab; 32]);
        assert_eq!(token.expose(), "ab".repeat(32));
        assert_eq!(RefreshToken::presented(token.expose()).hash(), token.hash());
        assert_ne!(RefreshToken::from_random([0xac; 32]).hash(), token.hash());
        assert_ne!(RefreshToken::presented(token.expose().to_uppercase()).hash(), token.hash());
    }

    #[test]
    fn the_hash_is_sha_256_over_the_text() {
        // FIPS 180-4, the example of a one-block message.
        let hash = RefreshToken::presented("abc").hash();
        assert_eq!(hash.as_bytes()[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(TokenHash::from_bytes(*hash.as_bytes()), hash);
    }

    #[test]
    fn no_token_shows_in_a_log() {
        assert_eq!(
            format!("{:?}", AccessToken::new("header.claims.signature")),
            "AccessToken(***)"
        );
        assert_eq!(format!("{:?}", RefreshToken::from_random([1; 32])), "RefreshToken(***)");
    }
}
