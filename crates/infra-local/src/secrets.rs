//! Randomness of the operating system.

use domain::account::{RefreshToken, SessionId, port::SecretSource};

/// The operating system's cryptographic random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsSecrets;

impl OsSecrets {
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
}
