//! Randomness of the operating system, and what is derived from the shop's secret.

use domain::account::{RefreshToken, SessionId, port::SecretSource};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The operating system's cryptographic random source, and a key of the shop's own.
#[derive(Clone)]
pub struct OsSecrets {
    /// HMAC keyed with the shop's secret, for successors of refresh tokens.
    successors: Hmac<Sha256>,
}

impl OsSecrets {
    /// Sets the key for successors of refresh tokens apart from the secret's other uses.
    const SUCCESSOR_LABEL: &[u8] = b"oms refresh token successor";

    /// Derives what has to be derived from this secret. It should have 32 bytes or more.
    ///
    /// # Panics
    /// Never: HMAC takes keys of any length (RFC 2104, section 3).
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub fn new(secret: &[u8]) -> Self {
        let mut derive: Hmac<Sha256> = Hmac::new_from_slice(secret).expect("any length will do");
        derive.update(Self::SUCCESSOR_LABEL);
        let key = derive.finalize().into_bytes();
        Self { successors: Hmac::new_from_slice(&key).expect("any length will do") }
    }

    /// So many random bytes.
    ///
    /// # Panics
    /// If the operating system has no randomness. The request fails then; going on with guessable
    /// secrets would be worse.
    #[expect(clippy::expect_used, reason = "no session may ever have a guessable secret")]
    fn bytes<const N: usize>() -> [u8; N] {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).expect("the operating system has a random source");
        bytes
    }
}

impl SecretSource for OsSecrets {
    fn session_id(&self) -> SessionId {
        SessionId::from_random(Self::bytes())
    }

    fn refresh_token(&self) -> RefreshToken {
        RefreshToken::from_random(Self::bytes())
    }

    fn successor(&self, token: &RefreshToken) -> RefreshToken {
        let mut mac = self.successors.clone();
        mac.update(token.expose().as_bytes());
        RefreshToken::from_random(mac.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_secret_makes_another_successor() {
        let token = RefreshToken::presented("a token");
        let of = |secret: &[u8]| OsSecrets::new(secret).successor(&token).expose().to_owned();
        assert_eq!(of(b"one secret"), of(b"one secret"));
        assert_ne!(of(b"one secret"), of(b"another secret"));
    }
}
