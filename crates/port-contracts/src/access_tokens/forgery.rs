//! Splitting JWTs, and signing forged ones, as an attacker does.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The three parts of a JWT in its compact form (RFC 7515, section 3.1), encoded.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) header: String,
    pub(crate) payload: String,
    pub(crate) signature: String,
}

impl Parts {
    pub(crate) fn of(token: &str) -> Self {
        let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        let [header, payload, signature] = parts.try_into().expect("three parts");
        Self { header, payload, signature }
    }

    pub(crate) fn token(&self) -> String {
        format!("{}.{}.{}", self.header, self.payload, self.signature)
    }

    /// With another header and the same signature.
    pub(crate) fn with_header(&self, json: &str) -> Self {
        Self { header: URL_SAFE_NO_PAD.encode(json), ..self.clone() }
    }

    /// With another payload and the same signature.
    pub(crate) fn with_payload(&self, json: &str) -> Self {
        Self { payload: URL_SAFE_NO_PAD.encode(json), ..self.clone() }
    }

    pub(crate) fn signed(&self, algorithm: Algorithm, secret: &[u8]) -> Self {
        let message = format!("{}.{}", self.header, self.payload);
        let signature = URL_SAFE_NO_PAD.encode(algorithm.hmac(secret, message.as_bytes()));
        Self { signature, ..self.clone() }
    }
}

/// The three HMACs of JWTs (RFC 7518, section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
}

impl Algorithm {
    pub(crate) const ALL: [Self; 3] = [Self::Hs256, Self::Hs384, Self::Hs512];

    /// The algorithm in a token's header.
    pub(crate) fn of(parts: &Parts) -> Self {
        let header = URL_SAFE_NO_PAD.decode(&parts.header).expect("a header in Base64");
        let header = String::from_utf8(header).expect("a header in UTF-8");
        let named = |algorithm: &Self| header.contains(&format!("\"{}\"", algorithm.name()));
        Self::ALL.into_iter().find(named).expect("an HMAC in the header")
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    fn hash(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Hs256 => Sha256::digest(message).to_vec(),
            Self::Hs384 => Sha384::digest(message).to_vec(),
            Self::Hs512 => Sha512::digest(message).to_vec(),
        }
    }

    /// HMAC (RFC 2104).
    fn hmac(self, secret: &[u8], message: &[u8]) -> Vec<u8> {
        let block = if self == Self::Hs256 { 64 } else { 128 };
        let mut key = if secret.len() > block { self.hash(secret) } else { secret.to_vec() };
        key.resize(block, 0);
        let padded = |pad: u8| key.iter().map(|byte| byte ^ pad).collect::<Vec<_>>();
        let inner = self.hash(&[&padded(0x36), message].concat());
        self.hash(&[padded(0x5C), inner].concat())
    }
}
