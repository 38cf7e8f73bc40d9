//! The tokens that accounts get by mail, to confirm an address or to reset a password.
//!
//! A token is stored nowhere. It is the base64url text of 48 bytes: the account's id (8 bytes, big
//! endian), the microseconds since 1970 from which it is refused (8 bytes, big endian), and the
//! HMAC-SHA-256, under a key that is derived from the shop's secret, of its purpose, both numbers
//! and the state of the account that it is bound to. So a token stops working when that state
//! changes: using one that resets a password changes the password.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{Credentials, port::AccountTokenKey};
use crate::{Timestamp, UserId};

/// What a token is for. A token for one purpose is refused for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountTokenPurpose {
    /// To confirm an address: the pending one, or the present one. Bound to both.
    ConfirmAddress,
    /// To replace a forgotten password. Bound to the present password and address.
    ResetPassword,
}

impl AccountTokenPurpose {
    /// How long a token works.
    pub const fn lifetime(self) -> TimeDelta {
        match self {
            Self::ConfirmAddress => TimeDelta::days(3),
            Self::ResetPassword => TimeDelta::minutes(30),
        }
    }

    /// The state of the account that a token is bound to; `None` if there is nothing to confirm.
    fn bound_state(self, credentials: &Credentials) -> Option<[&str; 2]> {
        let Credentials { account, password } = credentials;
        Some(match self {
            Self::ConfirmAddress => {
                [account.address_to_confirm()?.as_str(), account.email.as_str()]
            }
            Self::ResetPassword => [password.expose(), account.email.as_str()],
        })
    }

    const fn label(self) -> &'static str {
        match self {
            Self::ConfirmAddress => "confirm address",
            Self::ResetPassword => "reset password",
        }
    }
}

/// A token for an account, to be mailed. Wiped from memory when dropped.
#[derive(Clone)]
pub struct AccountToken(Zeroizing<String>);

impl AccountToken {
    /// Makes the token for this purpose and the account as it is, which works from `now` on for the
    /// [lifetime](AccountTokenPurpose::lifetime) of its purpose. `None` if there is nothing to
    /// confirm.
    pub fn issue(
        purpose: AccountTokenPurpose,
        credentials: &Credentials,
        secrets: &dyn AccountTokenKey,
        now: Timestamp,
    ) -> Option<Self> {
        let expires_at = now.checked_add_signed(purpose.lifetime())?.timestamp_micros();
        let user = credentials.account.id;
        let mac = mac(purpose, user, expires_at, credentials, secrets)?;
        let mut bytes = Vec::with_capacity(AccountTokenClaims::BYTES);
        bytes.extend(user.get().to_be_bytes());
        bytes.extend(expires_at.to_be_bytes());
        bytes.extend(mac);
        Some(Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// The token itself, to be put into a mail.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccountToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountToken(***)")
    }
}

/// Why an account token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is malformed, has expired, was used, or does not fit the account any more")]
pub struct InvalidAccountToken;

/// What a presented token claims. Nothing of it may be trusted before [`Self::verify`].
#[derive(Clone, Copy)]
pub struct AccountTokenClaims {
    user: UserId,
    expires_at: i64,
    mac: [u8; 32],
}

impl AccountTokenClaims {
    const BYTES: usize = 48;

    /// Takes a presented token apart.
    ///
    /// # Errors
    /// [`InvalidAccountToken`] if it is malformed.
    pub fn parse(raw: &str) -> Result<Self, InvalidAccountToken> {
        let mut bytes = [0; Self::BYTES];
        let length = URL_SAFE_NO_PAD
            .decode_slice(raw.trim(), &mut bytes)
            .map_err(|_malformed| InvalidAccountToken)?;
        if length != Self::BYTES {
            return Err(InvalidAccountToken);
        }
        let (user, rest) = bytes.split_first_chunk().ok_or(InvalidAccountToken)?;
        let (expires_at, mac) = rest.split_first_chunk().ok_or(InvalidAccountToken)?;
        Ok(Self {
            user: UserId::new(i64::from_be_bytes(*user)),
            expires_at: i64::from_be_bytes(*expires_at),
            mac: mac.try_into().map_err(|_length| InvalidAccountToken)?,
        })
    }

    /// The account that the token is for, if it is genuine.
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// Checks the token against the account as it is. The time that takes does not depend on how
    /// much of the token is right.
    ///
    /// # Errors
    /// [`InvalidAccountToken`] if the shop did not make the token for this purpose, account and
    /// state of the account, or if it has expired by `now`.
    pub fn verify(
        &self,
        purpose: AccountTokenPurpose,
        credentials: &Credentials,
        secrets: &dyn AccountTokenKey,
        now: Timestamp,
    ) -> Result<(), InvalidAccountToken> {
        let expected = mac(purpose, credentials.account.id, self.expires_at, credentials, secrets)
            .ok_or(InvalidAccountToken)?;
        let genuine = bool::from(expected.ct_eq(&self.mac)) && credentials.account.id == self.user;
        if genuine && now.timestamp_micros() < self.expires_at {
            Ok(())
        } else {
            Err(InvalidAccountToken)
        }
    }
}

/// The MAC of a token. Every part of the message has a fixed length or its length before it, so no
/// two tokens have the same message.
fn mac(
    purpose: AccountTokenPurpose,
    user: UserId,
    expires_at: i64,
    credentials: &Credentials,
    secrets: &dyn AccountTokenKey,
) -> Option<[u8; 32]> {
    let mut message = Zeroizing::new(Vec::with_capacity(256));
    message.extend(user.get().to_be_bytes());
    message.extend(expires_at.to_be_bytes());
    for text in [purpose.label()].into_iter().chain(purpose.bound_state(credentials)?) {
        message.extend(u64::try_from(text.len()).ok()?.to_be_bytes());
        message.extend(text.as_bytes());
    }
    Some(secrets.account_token_mac(&message))
}

#[cfg(test)]
mod tests;
