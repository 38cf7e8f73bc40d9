//! The use cases around accounts: register, log in, stay logged in, manage.

mod error;

use std::sync::Arc;

use super::{
    AccessClaims, AccessToken, Account, AccountCommand, Actor, Caller, Credentials, EmailAddress,
    NewAccount, NewPassword, NewSession, PasswordAttempt, RefreshToken, Role, SessionId,
    SessionLifetimes,
    port::{
        AccessTokens, AccountStore, ChangeAccountError, HasherError, OpenSessionError,
        PasswordHasher, RefreshError, SecretSource, SessionStore, SigningError,
    },
};
use crate::{Clock, Page, PageRequest, PersonName, StoreError, Timestamp, TraceParent, UserId};

pub use error::{AuthenticateError, LoginError, RegisterError, ViewAccountError};

/// What the use cases stand on.
#[derive(Clone)]
pub struct AccountPorts {
    /// Where accounts are kept.
    pub accounts: Arc<dyn AccountStore>,
    /// Where sessions are kept.
    pub sessions: Arc<dyn SessionStore>,
    /// Hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Signs access tokens.
    pub tokens: Arc<dyn AccessTokens>,
    /// Makes session identifiers and refresh tokens.
    pub secrets: Arc<dyn SecretSource>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// The use cases around accounts.
#[derive(Clone)]
pub struct AccountService {
    ports: AccountPorts,
    lifetimes: SessionLifetimes,
    rotation: RefreshRotation,
}

/// Whether a refresh hands out the next refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefreshRotation {
    /// No: one token renews a session until it expires or the session ends.
    #[default]
    Off,
    /// Yes: each token is used once, and using it again ends the session (RFC 9700, section 4.14.2).
    On,
}

/// Somebody who wants an account.
#[derive(Debug)]
pub struct Registration {
    /// What they are called; without one, the part of the address before the `@`.
    pub name: Option<PersonName>,
    /// What they will log in with.
    pub email: EmailAddress,
    /// The password they chose.
    pub password: NewPassword,
    /// The trace that it belongs to.
    pub trace: Option<TraceParent>,
}

/// What a login hands out.
#[derive(Debug)]
pub struct LoginTokens {
    /// Opens doors, for a short while.
    pub access: AccessToken,
    /// Renews the session.
    pub refresh: RefreshToken,
    /// How long the access token lasts.
    pub expires_in: chrono::TimeDelta,
    /// Whose session it is.
    pub account: Account,
}

/// What a refresh hands out.
#[derive(Debug)]
pub struct RefreshedTokens {
    /// Opens doors, for a short while.
    pub access: AccessToken,
    /// Renews the session the next time, if refresh tokens are rotated; otherwise the presented one does.
    pub refresh: Option<RefreshToken>,
    /// How long the access token lasts.
    pub expires_in: chrono::TimeDelta,
}

impl AccountService {
    /// The use cases over these ports.
    pub fn new(
        ports: AccountPorts,
        lifetimes: SessionLifetimes,
        rotation: RefreshRotation,
    ) -> Self {
        Self { ports, lifetimes, rotation }
    }

    /// Makes a customer's account.
    ///
    /// # Errors
    /// [`RegisterError`]; nothing is made then.
    pub async fn register(&self, registration: Registration) -> Result<Account, RegisterError> {
        let account = self.prepare(registration, Role::User).await?;
        Ok(self.ports.accounts.create(account).await?)
    }

    /// Makes an admin's account, however many there are.
    ///
    /// # Errors
    /// [`RegisterError`]; nothing is made then.
    pub async fn create_admin(&self, registration: Registration) -> Result<Account, RegisterError> {
        let account = self.prepare(registration, Role::Admin).await?;
        Ok(self.ports.accounts.create(account).await?)
    }

    /// Makes an admin's account if there is no admin. Returns `None` if there is one.
    ///
    /// # Errors
    /// [`RegisterError`]; nothing is made then.
    pub async fn create_first_admin(
        &self,
        registration: Registration,
    ) -> Result<Option<Account>, RegisterError> {
        let account = self.prepare(registration, Role::Admin).await?;
        Ok(self.ports.accounts.create_first_admin(account).await?)
    }

    /// Whether there is an admin at all.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn has_admin(&self) -> Result<bool, StoreError> {
        self.ports.accounts.has_admin().await
    }

    async fn prepare(
        &self,
        registration: Registration,
        role: Role,
    ) -> Result<NewAccount, HasherError> {
        let Registration { name, email, password, trace } = registration;
        Ok(NewAccount {
            name: name.unwrap_or_else(|| PersonName::from_address(&email)),
            email,
            password: self.ports.hasher.hash(password).await?,
            role,
            created_at: self.ports.clock.now(),
            trace,
        })
    }

    /// Opens a session for whoever knows the password. Takes as long for an unknown address as for a
    /// wrong password. `email` may be anything that was typed.
    ///
    /// # Errors
    /// [`LoginError`]; no session is opened then.
    pub async fn log_in(
        &self,
        email: &str,
        attempt: PasswordAttempt,
    ) -> Result<LoginTokens, LoginError> {
        let credentials = match EmailAddress::parse(email) {
            Ok(email) => self.ports.accounts.credentials(&email).await?,
            Err(_malformed) => None,
        };
        let hash = credentials.as_ref().map(|known| known.password.clone());
        let verified = self.ports.hasher.verify(attempt, hash).await?;
        let Some(Credentials { account, .. }) = credentials.filter(|_| verified) else {
            return Err(LoginError::InvalidCredentials);
        };
        let now = self.ports.clock.now();
        let session = self.ports.secrets.session_id();
        let refresh = self.ports.secrets.refresh_token();
        let opened = self.ports.sessions.open(NewSession {
            id: session,
            user: account.id,
            refresh: refresh.hash(),
            opened_at: now,
            refresh_expires_at: self.lifetimes.refresh_end(now),
            ends_at: self.lifetimes.session_end(now),
        });
        match opened.await {
            Ok(()) => {}
            Err(OpenSessionError::AccountGone) => return Err(LoginError::InvalidCredentials),
            Err(OpenSessionError::Store(error)) => return Err(error.into()),
        }
        let access = self.issue(account.id, session, now)?;
        Ok(LoginTokens { access, refresh, expires_in: self.lifetimes.access, account })
    }

    /// Renews a session: hands out an access token, and the next refresh token if these are rotated.
    ///
    /// # Errors
    /// [`LoginError::InvalidCredentials`] if the token does not work (any more).
    pub async fn refresh(&self, presented: &RefreshToken) -> Result<RefreshedTokens, LoginError> {
        let now = self.ports.clock.now();
        let refresh = match self.rotation {
            RefreshRotation::On => Some(self.ports.secrets.successor(presented)),
            RefreshRotation::Off => None,
        };
        let successor = refresh.as_ref().map(RefreshToken::hash);
        let renewed =
            self.ports.sessions.refresh(&presented.hash(), successor, self.lifetimes, now).await;
        let session = match renewed {
            Ok(session) => session,
            Err(RefreshError::Unknown | RefreshError::Refused(_)) => {
                return Err(LoginError::InvalidCredentials);
            }
            Err(RefreshError::Store(error)) => return Err(error.into()),
        };
        let access = self.issue(session.user, session.id, now)?;
        Ok(RefreshedTokens { access, refresh, expires_in: self.lifetimes.access })
    }

    fn issue(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<AccessToken, SigningError> {
        let expires_at = self.lifetimes.access_end(now);
        self.ports.tokens.issue(&AccessClaims { user, session, issued_at: now, expires_at })
    }

    /// Who sends this access token.
    ///
    /// # Errors
    /// [`AuthenticateError`] if the token, its session or its account is no good (any more).
    pub async fn authenticate(&self, token: &str) -> Result<Caller, AuthenticateError> {
        let now = self.ports.clock.now();
        let claims = self.ports.tokens.verify(token, now)?;
        let caller = self.ports.sessions.caller(claims.session, now).await?;
        caller
            .filter(|caller| caller.account.id == claims.user)
            .ok_or(AuthenticateError::SessionOver)
    }

    /// Ends the caller's session: both its tokens stop working at once.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed; the session may still be open then.
    pub async fn log_out(&self, session: SessionId) -> Result<(), StoreError> {
        self.ports.sessions.revoke(session, self.ports.clock.now()).await
    }

    /// One account, for its owner or staff.
    ///
    /// # Errors
    /// [`ViewAccountError`]; others than owner and staff are not told whether it exists.
    pub async fn view(&self, id: UserId, actor: Actor) -> Result<Account, ViewAccountError> {
        if !actor.may_access(id) {
            return Err(ViewAccountError::Forbidden);
        }
        self.ports.accounts.find(id).await?.ok_or(ViewAccountError::NotFound)
    }

    /// A page of all accounts, for staff, by ascending id.
    ///
    /// # Errors
    /// [`ViewAccountError`] if the actor is no admin, or the store failed.
    pub async fn list(
        &self,
        page: PageRequest,
        actor: Actor,
    ) -> Result<Page<Account>, ViewAccountError> {
        if !actor.is_admin() {
            return Err(ViewAccountError::Forbidden);
        }
        Ok(self.ports.accounts.list(page).await?)
    }

    /// Does something to an account. Returns it as it is from now on, or `None` if it was deleted.
    ///
    /// # Errors
    /// [`ChangeAccountError`]; nothing is changed then. Others than owner and staff are not told
    /// whether the account exists.
    pub async fn execute(
        &self,
        id: UserId,
        command: &AccountCommand,
        actor: Actor,
    ) -> Result<Option<Account>, ChangeAccountError> {
        if !actor.may_access(id) {
            return Err(super::AccountRefusal::Forbidden.into());
        }
        self.ports.accounts.execute(id, command, actor, self.ports.clock.now()).await
    }

    /// Removes up to `limit` sessions that are over, and says how many went. For housekeeping.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn purge_sessions(&self, limit: u32) -> Result<u64, StoreError> {
        self.ports.sessions.purge(self.ports.clock.now(), limit).await
    }
}
