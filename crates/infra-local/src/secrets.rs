//! Random secrets, and tokens derived from the shop's secret.

use domain::account::{
    RefreshToken, SessionId,
    port::{AccountTokenKey, HashPurpose, SecretSource},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The operating system's cryptographic random source, and keys derived from the shop's secret.
#[derive(Clone)]
pub struct OsSecrets {
    /// HMAC with a key derived from the shop's secret, for successors of refresh tokens.
    successors: Hmac<Sha256>,
    /// HMAC with a key for each purpose of keyed hashes.
    logins: Hmac<Sha256>,
    mailboxes: Hmac<Sha256>,
    clients: Hmac<Sha256>,
    networks: Hmac<Sha256>,
    logged_addresses: Hmac<Sha256>,
    logged_networks: Hmac<Sha256>,
    /// HMAC for the tokens that accounts get by mail.
    account_tokens: Hmac<Sha256>,
}

impl OsSecrets {
    /// A source whose derived tokens and hashes depend on this secret, which should have 32 bytes
    /// or more.
    pub fn new(secret: &[u8]) -> Self {
        Self {
            successors: Self::derive(secret, b"oms refresh token successor"),
            logins: Self::derive(secret, b"oms login attempts"),
            mailboxes: Self::derive(secret, b"oms mailbox"),
            clients: Self::derive(secret, b"oms client"),
            networks: Self::derive(secret, b"oms login network"),
            logged_addresses: Self::derive(secret, b"oms logged address"),
            logged_networks: Self::derive(secret, b"oms logged network"),
            account_tokens: Self::derive(secret, b"oms account token"),
        }
    }

    /// HMAC with a key derived from the secret. The label separates the key from the secret's other
    /// uses.
    ///
    /// # Panics
    /// Never: HMAC takes keys of any length (RFC 2104, section 3).
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn derive(secret: &[u8], label: &[u8]) -> Hmac<Sha256> {
        let mut derive: Hmac<Sha256> = Hmac::new_from_slice(secret).expect("any length will do");
        derive.update(label);
        let key = derive.finalize().into_bytes();
        Hmac::new_from_slice(&key).expect("any length will do")
    }

    /// `N` random bytes.
    ///
    /// # Panics
    /// If the operating system has no random source. The request fails, since guessable secrets
    /// would be worse.
    #[expect(clippy::expect_used, reason = "no session may have a guessable secret")]
    fn bytes<const N: usize>() -> [u8; N] {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).expect("the operating system has a random source");
        bytes
    }
}

impl AccountTokenKey for OsSecrets {
    fn account_token_mac(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = self.account_tokens.clone();
        mac.update(message);
        mac.finalize().into_bytes().into()
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

    fn keyed_hash(&self, purpose: HashPurpose, data: &[u8]) -> [u8; 32] {
        let mut mac = match purpose {
            HashPurpose::Login => self.logins.clone(),
            HashPurpose::Mailbox => self.mailboxes.clone(),
            HashPurpose::Client => self.clients.clone(),
            HashPurpose::Network => self.networks.clone(),
            HashPurpose::LoggedAddress => self.logged_addresses.clone(),
            HashPurpose::LoggedNetwork => self.logged_networks.clone(),
        };
        mac.update(data);
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successor_of_a_token_depends_on_the_secret() {
        let token = RefreshToken::presented("a token");
        let successor =
            |secret: &[u8]| OsSecrets::new(secret).successor(&token).expose().to_owned();
        assert_eq!(successor(b"one secret"), successor(b"one secret"));
        assert_ne!(successor(b"one secret"), successor(b"another secret"));
    }

    #[test]
    fn a_keyed_hash_depends_on_the_secret() {
        let hash = |secret: &[u8]| {
            OsSecrets::new(secret).keyed_hash(HashPurpose::Mailbox, b"ada@example.com")
        };
        assert_eq!(hash(b"one secret"), hash(b"one secret"));
        assert_ne!(hash(b"one secret"), hash(b"another secret"));
    }

    #[test]
    fn the_code_of_an_account_token_depends_on_the_secret_and_is_no_successor() {
        let secrets = OsSecrets::new(b"one secret");
        let code = secrets.account_token_mac(b"a token");
        assert_eq!(code, OsSecrets::new(b"one secret").account_token_mac(b"a token"));
        assert_ne!(code, OsSecrets::new(b"another secret").account_token_mac(b"a token"));
        let successor = secrets.successor(&RefreshToken::presented("a token"));
        assert_ne!(successor.expose(), RefreshToken::from_random(code).expose());
    }
}
