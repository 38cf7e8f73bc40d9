//! Access tokens as JSON Web Tokens (RFC 7519), signed with a shared secret.

use std::{fmt, str::FromStr, sync::Arc};

use chrono::DateTime;
use domain::{
    Timestamp, UserId,
    account::{
        AccessClaims, AccessToken, InvalidToken, SessionId,
        port::{AccessTokens, SigningError},
    },
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

/// A signature algorithm with a shared secret (RFC 7518, section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256.
    #[default]
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
}

impl JwtAlgorithm {
    const ALL: [Self; 3] = [Self::Hs256, Self::Hs384, Self::Hs512];

    /// The algorithm's registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }
}

impl fmt::Display for JwtAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The error for a text that names no supported algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be HS256, HS384 or HS512")]
pub struct UnknownAlgorithm;

impl FromStr for JwtAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(raw: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL
            .into_iter()
            .find(|algorithm| raw.eq_ignore_ascii_case(algorithm.as_str()))
            .ok_or(UnknownAlgorithm)
    }
}

/// The claims of an access token.
#[derive(Serialize, Deserialize)]
struct Claims {
    /// The id of the account, as a string, which the standard requires.
    sub: String,
    sid: String,
    /// The kind of token, so that no other kind is accepted as an access token.
    typ: TokenKind,
    /// When the token was issued, in seconds since 1970.
    iat: i64,
    /// When the token expires, in seconds since 1970.
    exp: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TokenKind {
    Access,
}

/// Signs and verifies access tokens.
///
/// The times in a token are whole seconds: fractions are cut off when it is signed.
#[derive(Clone)]
pub struct JwtTokens {
    header: Header,
    signing_key: EncodingKey,
    verifying_key: DecodingKey,
    validation: Validation,
}

impl JwtTokens {
    /// Signs and verifies with this secret, which should have 32 bytes or more.
    pub fn new(secret: &[u8], algorithm: JwtAlgorithm) -> Self {
        let algorithm = match algorithm {
            JwtAlgorithm::Hs256 => Algorithm::HS256,
            JwtAlgorithm::Hs384 => Algorithm::HS384,
            JwtAlgorithm::Hs512 => Algorithm::HS512,
        };
        let mut validation = Validation::new(algorithm);
        // `verify` checks the expiry by the caller's clock. Deserialization checks the claims.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        Self {
            header: Header::new(algorithm),
            signing_key: EncodingKey::from_secret(secret),
            verifying_key: DecodingKey::from_secret(secret),
            validation,
        }
    }
}

/// Whether a header declares extensions that the recipient has to understand: `crit` (RFC 7515,
/// section 4.1.11), or a payload that is not encoded, `b64` (RFC 7797). This server understands
/// none.
fn has_extensions(header: &Header) -> bool {
    header.crit.is_some() || header.extras.inner().contains_key("b64")
}

impl AccessTokens for JwtTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, SigningError> {
        let claims = Claims {
            sub: claims.user.to_string(),
            sid: claims.session.to_string(),
            typ: TokenKind::Access,
            iat: claims.issued_at.timestamp(),
            exp: claims.expires_at.timestamp(),
        };
        jsonwebtoken::encode(&self.header, &claims, &self.signing_key)
            .map(AccessToken::new)
            .map_err(|error| SigningError(Arc::new(error)))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken> {
        let token = jsonwebtoken::decode::<Claims>(token, &self.verifying_key, &self.validation)
            .map_err(|_any_error| InvalidToken::NotOurs)?;
        if has_extensions(&token.header) {
            return Err(InvalidToken::NotOurs);
        }
        let Claims { sub, sid, typ: TokenKind::Access, iat, exp } = token.claims;
        let timestamp = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(InvalidToken::NotOurs);
        let claims = AccessClaims {
            user: sub.parse().map(UserId::new).map_err(|_no_number| InvalidToken::NotOurs)?,
            session: sid.parse::<SessionId>().map_err(|_not_hex| InvalidToken::NotOurs)?,
            issued_at: timestamp(iat)?,
            expires_at: timestamp(exp)?,
        };
        claims.unless_expired(now)
    }
}
