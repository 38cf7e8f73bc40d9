//! Logging in with the credentials of the store.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::{
    Timestamp,
    account::{
        AccessClaims, AccessToken, InvalidToken, NewPassword, PasswordAttempt, PasswordHash,
        RefreshToken, SessionId,
        port::{
            AccessTokens, AccountTokenKey, HashPurpose, HasherError, PasswordHasher, SecretSource,
            SigningError,
        },
        service::{AccountPorts, AccountService, LoginError, RefreshRotation},
    },
    rate_limit::{LimitedAction, RateLimitSubject, RateLimited, RateLimiter},
};

use crate::{ShopFixture, builders, event_store::ManualClock, session_store::LIFETIMES};

/// A hasher that rejects every attempt and records the hashes it compared with.
#[derive(Default)]
struct RejectingHasher {
    compared: Mutex<Vec<Option<PasswordHash>>>,
}

#[async_trait]
impl PasswordHasher for RejectingHasher {
    async fn hash(&self, _password: NewPassword) -> Result<PasswordHash, HasherError> {
        unreachable!("this case does not register accounts")
    }

    async fn verify(
        &self,
        _attempt: PasswordAttempt,
        hash: Option<PasswordHash>,
    ) -> Result<bool, HasherError> {
        self.compared.lock().unwrap().push(hash);
        Ok(false)
    }
}

/// Ports that only a successful login calls.
struct UnreachableTokens;

impl AccessTokens for UnreachableTokens {
    fn issue(&self, _claims: &AccessClaims) -> Result<AccessToken, SigningError> {
        unreachable!("no login succeeds")
    }

    fn verify(&self, _token: &str, _now: Timestamp) -> Result<AccessClaims, InvalidToken> {
        unreachable!("no login succeeds")
    }
}

impl AccountTokenKey for UnreachableTokens {
    fn account_token_mac(&self, _message: &[u8]) -> [u8; 32] {
        unreachable!("no login succeeds")
    }
}

impl SecretSource for UnreachableTokens {
    fn session_id(&self) -> SessionId {
        unreachable!("no login succeeds")
    }

    fn refresh_token(&self) -> RefreshToken {
        unreachable!("no login succeeds")
    }

    fn successor(&self, _token: &RefreshToken) -> RefreshToken {
        unreachable!("no login succeeds")
    }

    fn keyed_hash(&self, _purpose: HashPurpose, _data: &[u8]) -> [u8; 32] {
        [0; 32]
    }
}

/// A limiter without limits.
pub(super) struct Unlimited;

#[async_trait]
impl RateLimiter for Unlimited {
    fn is_limited(&self, _action: LimitedAction) -> bool {
        false
    }

    async fn check(
        &self,
        _action: LimitedAction,
        _subject: RateLimitSubject,
    ) -> Result<(), RateLimited> {
        Ok(())
    }

    async fn forgive(&self, _action: LimitedAction, _subject: RateLimitSubject) {}
}

pub async fn a_login_with_an_unknown_email_runs_the_hasher_like_a_wrong_password(
    shop: ShopFixture,
) {
    let hasher = Arc::new(RejectingHasher::default());
    let ports = AccountPorts {
        accounts: shop.stores.accounts.clone(),
        sessions: shop.stores.sessions.clone(),
        hasher: hasher.clone(),
        tokens: Arc::new(UnreachableTokens),
        secrets: Arc::new(UnreachableTokens),
        limiter: Arc::new(Unlimited),
        clock: ManualClock::at(0),
    };
    let service = AccountService::new(ports, LIFETIMES, RefreshRotation::Off);
    let client = "192.0.2.1".parse().unwrap();
    for email in ["ada@example.com", "bob@example.com", "not an address"] {
        let refused = service.log_in(email, PasswordAttempt::new("wrong"), client).await;
        assert!(matches!(refused, Err(LoginError::InvalidCredentials)), "{email}: {refused:?}");
    }
    let known = builders::password_hash("ada");
    assert_eq!(*hasher.compared.lock().unwrap(), [Some(known), None, None]);
}
