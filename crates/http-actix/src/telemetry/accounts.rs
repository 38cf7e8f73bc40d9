//! Spans around the stores of accounts and sessions, and around what else a login needs.

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use domain::{
    Page, PageRequest, StoreError, Timestamp, UserId,
    account::{
        Account, AccountCommand, Actor, Caller, Credentials, EmailAddress, NewAccount, NewPassword,
        NewSession, PasswordAttempt, PasswordHash, Session, SessionId, SessionLifetimes, TokenHash,
        port::{
            AccountStore, ChangeAccountError, CreateAccountError, HasherError, OpenSessionError,
            PasswordHasher, RefreshError, SessionStore,
        },
    },
    rate_limit::{LimitedAction, RateLimited, RateLimiter},
};
use tracing::Instrument as _;

use super::{spans, traced::Traced};

#[async_trait]
impl<S: AccountStore + ?Sized> AccountStore for Traced<S> {
    async fn create(&self, account: NewAccount) -> Result<Account, CreateAccountError> {
        let fails = |error: &CreateAccountError| matches!(error, CreateAccountError::Store(_));
        self.change("accounts.create", fails, self.store.create(account)).await
    }

    async fn create_first_admin(
        &self,
        account: NewAccount,
    ) -> Result<Option<Account>, CreateAccountError> {
        let fails = |error: &CreateAccountError| matches!(error, CreateAccountError::Store(_));
        let create = self.store.create_first_admin(account);
        self.change("accounts.create_first_admin", fails, create).await
    }

    async fn has_admin(&self) -> Result<bool, StoreError> {
        self.read("accounts.has_admin", self.store.has_admin()).await
    }

    async fn find(&self, id: UserId) -> Result<Option<Account>, StoreError> {
        self.read("accounts.find", self.store.find(id)).await
    }

    async fn credentials(&self, email: &EmailAddress) -> Result<Option<Credentials>, StoreError> {
        self.read("accounts.credentials", self.store.credentials(email)).await
    }

    async fn list(&self, page: PageRequest) -> Result<Page<Account>, StoreError> {
        self.read("accounts.list", self.store.list(page)).await
    }

    async fn execute(
        &self,
        id: UserId,
        command: &AccountCommand,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Option<Account>, ChangeAccountError> {
        let fails = |error: &ChangeAccountError| matches!(error, ChangeAccountError::Store(_));
        self.change("accounts.execute", fails, self.store.execute(id, command, actor, now)).await
    }
}

#[async_trait]
impl<S: SessionStore + ?Sized> SessionStore for Traced<S> {
    async fn open(&self, session: NewSession) -> Result<(), OpenSessionError> {
        let fails = |error: &OpenSessionError| matches!(error, OpenSessionError::Store(_));
        self.change("sessions.open", fails, self.store.open(session)).await
    }

    async fn callers(
        &self,
        sessions: &[SessionId],
        now: Timestamp,
    ) -> Vec<Result<Option<Caller>, StoreError>> {
        self.batch("sessions.callers", |_error| true, self.store.callers(sessions, now)).await
    }

    async fn caller(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<Caller>, StoreError> {
        self.read("sessions.caller", self.store.caller(session, now)).await
    }

    async fn refresh(
        &self,
        presented: &TokenHash,
        successor: Option<TokenHash>,
        lifetimes: SessionLifetimes,
        now: Timestamp,
    ) -> Result<Session, RefreshError> {
        let fails = |error: &RefreshError| matches!(error, RefreshError::Store(_));
        let refresh = self.store.refresh(presented, successor, lifetimes, now);
        self.change("sessions.refresh", fails, refresh).await
    }

    async fn revoke(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
        self.read("sessions.revoke", self.store.revoke(session, now)).await
    }

    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.read("sessions.purge", self.store.purge(now, limit)).await
    }
}

/// A hasher whose work is a span, the wait for a free core included.
pub(crate) struct TracedHasher(pub(crate) Arc<dyn PasswordHasher>);

#[async_trait]
impl PasswordHasher for TracedHasher {
    async fn hash(&self, password: NewPassword) -> Result<PasswordHash, HasherError> {
        self.0.hash(password).instrument(spans::step("password.hash")).await
    }

    async fn verify(
        &self,
        attempt: PasswordAttempt,
        hash: Option<PasswordHash>,
    ) -> Result<bool, HasherError> {
        self.0.verify(attempt, hash).instrument(spans::step("password.verify")).await
    }
}

/// A counter of attempts whose every count is a span. It is a call of Redis, where there is one.
pub(crate) struct TracedLimiter(pub(crate) Arc<dyn RateLimiter>);

#[async_trait]
impl RateLimiter for TracedLimiter {
    async fn check(&self, action: LimitedAction, client: IpAddr) -> Result<(), RateLimited> {
        self.0.check(action, client).instrument(spans::step("rate_limit.check")).await
    }
}
