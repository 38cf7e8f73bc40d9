//! The use cases of accounts over a store, without the slow parts.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Timestamp,
    account::{
        AccessClaims, AccessToken, AddressConfirmation, InvalidToken, NewPassword, PasswordAttempt,
        PasswordHash, RefreshToken, SessionId,
        port::{
            AccessTokens, AccountTokenKey, HashPurpose, HasherError, PasswordHasher, SecretSource,
            SigningError,
        },
        service::{AccountPorts, AccountService, RefreshRotation},
    },
};
use sha2::{Digest as _, Sha256};

use super::login::Unlimited;
use crate::{ShopFixture, event_store::ManualClock, session_store::LIFETIMES};

/// A hasher whose hashes are the passwords, in the format of bcrypt.
struct PlainHasher;

impl PlainHasher {
    fn hash_of(password: &str) -> PasswordHash {
        PasswordHash::new(format!("$2b$04${password:.<53}"))
    }
}

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, password: NewPassword) -> Result<PasswordHash, HasherError> {
        Ok(Self::hash_of(password.expose()))
    }

    async fn verify(
        &self,
        attempt: PasswordAttempt,
        hash: Option<PasswordHash>,
    ) -> Result<bool, HasherError> {
        Ok(hash == Some(Self::hash_of(attempt.expose())))
    }
}

/// Secrets of which these cases need the codes of tokens only.
pub(super) struct Secrets;

impl AccountTokenKey for Secrets {
    fn account_token_mac(&self, message: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(b"a secret").chain_update(message).finalize().into()
    }
}

impl SecretSource for Secrets {
    fn session_id(&self) -> SessionId {
        unreachable!("no session is opened")
    }

    fn refresh_token(&self) -> RefreshToken {
        unreachable!("no session is opened")
    }

    fn successor(&self, _token: &RefreshToken) -> RefreshToken {
        unreachable!("no session is renewed")
    }

    fn keyed_hash(&self, _purpose: HashPurpose, _data: &[u8]) -> [u8; 32] {
        unreachable!("no attempt is counted")
    }
}

impl AccessTokens for Secrets {
    fn issue(&self, _claims: &AccessClaims) -> Result<AccessToken, SigningError> {
        unreachable!("no session is opened")
    }

    fn verify(&self, _token: &str, _now: Timestamp) -> Result<AccessClaims, InvalidToken> {
        unreachable!("no caller is authenticated")
    }
}

/// The use cases, in a shop that asks for the confirmation of addresses.
pub(super) fn service_at(shop: &ShopFixture, clock: Arc<ManualClock>) -> AccountService {
    let ports = AccountPorts {
        accounts: shop.stores.accounts.clone(),
        sessions: shop.stores.sessions.clone(),
        hasher: Arc::new(PlainHasher),
        tokens: Arc::new(Secrets),
        secrets: Arc::new(Secrets),
        limiter: Arc::new(Unlimited),
        clock,
    };
    AccountService::new(ports, LIFETIMES, RefreshRotation::Off)
        .with_confirmation(AddressConfirmation::Always)
}

/// The same at the [`timestamp`](crate::builders::timestamp) 10.
pub(super) fn service(shop: &ShopFixture) -> AccountService {
    service_at(shop, ManualClock::at(10))
}
