//! The use cases of accounts: register, log in, refresh, authenticate, manage.

mod address;
mod error;
mod login_limit;
mod manage;
mod password;

use std::{net::IpAddr, sync::Arc};

use super::{
    AccessClaims, AccessToken, Account, AddressConfirmation, Caller, Credentials, EmailAddress,
    EmailStatus, NetworkHash, NewAccount, NewPassword, NewSession, PasswordAttempt, RefreshToken,
    Role, SessionId, SessionLifetimes,
    port::{
        AccessTokens, AccountStore, HashPurpose, HasherError, OpenSessionError, PasswordHasher,
        RefreshError, SecretSource, SessionStore, SigningError,
    },
};
use crate::{
    Clock, PersonName, StoreError, Timestamp, TraceParent, UserId,
    product::CachedProducts,
    rate_limit::{LimitedAction, RateLimitSubject, RateLimiter, SubjectHash},
};

pub use address::ProfileUpdate;
pub use error::{
    AccountTokenError, AuthenticateError, LoginError, PasswordCheckError, RegisterError,
    ViewAccountError,
};

/// The ports that the use cases need.
#[derive(Clone)]
pub struct AccountPorts {
    /// Stores accounts.
    pub accounts: Arc<dyn AccountStore>,
    /// Stores sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// Hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Signs and verifies access tokens.
    pub tokens: Arc<dyn AccessTokens>,
    /// Generates session identifiers and refresh tokens.
    pub secrets: Arc<dyn SecretSource>,
    /// Limits wrong passwords per account.
    pub limiter: Arc<dyn RateLimiter>,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
}

/// The use cases of accounts.
#[derive(Clone)]
pub struct AccountService {
    ports: AccountPorts,
    lifetimes: SessionLifetimes,
    rotation: RefreshRotation,
    cached_products: Option<CachedProducts>,
    confirmation: AddressConfirmation,
}

/// Whether a refresh returns a new refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefreshRotation {
    /// No: the same token renews the session until it expires or the session ends.
    #[default]
    Off,
    /// Yes: each token is used once; using it again after the grace period revokes the session (RFC
    /// 9700, section 4.14.2).
    On,
}

/// A registration of an account.
#[derive(Debug)]
pub struct Registration {
    /// The person's name; if absent, the part of the address before the `@` is used.
    pub name: Option<PersonName>,
    /// The address for mails and logins.
    pub email: EmailAddress,
    /// The password.
    pub password: NewPassword,
    /// The trace of the request, if there is one.
    pub trace: Option<TraceParent>,
}

/// The result of a login.
#[derive(Debug)]
pub struct LoginTokens {
    /// The short-lived token that authenticates requests.
    pub access: AccessToken,
    /// The token that renews the session.
    pub refresh: RefreshToken,
    /// The lifetime of the access token.
    pub expires_in: chrono::TimeDelta,
    /// The account that logged in.
    pub account: Account,
}

/// The result of a refresh.
#[derive(Debug)]
pub struct RefreshedTokens {
    /// The short-lived token that authenticates requests.
    pub access: AccessToken,
    /// The new refresh token; `None` without rotation, where the presented one stays valid.
    pub refresh: Option<RefreshToken>,
    /// The lifetime of the access token.
    pub expires_in: chrono::TimeDelta,
}

impl AccountService {
    /// Makes the service over these ports. It asks for no confirmation of addresses, unless
    /// [`Self::with_confirmation`] says otherwise.
    pub fn new(
        ports: AccountPorts,
        lifetimes: SessionLifetimes,
        rotation: RefreshRotation,
    ) -> Self {
        Self {
            ports,
            lifetimes,
            rotation,
            cached_products: None,
            confirmation: AddressConfirmation::Unavailable,
        }
    }

    /// The same service in a shop that confirms addresses like this.
    #[must_use]
    pub fn with_confirmation(self, confirmation: AddressConfirmation) -> Self {
        Self { confirmation, ..self }
    }

    /// How the shop confirms addresses.
    pub const fn confirmation(&self) -> AddressConfirmation {
        self.confirmation
    }

    /// Creates a customer's account.
    ///
    /// # Errors
    /// [`RegisterError`]; nothing is created then, except perhaps on [`StoreError::CommitUnknown`].
    pub async fn register(&self, registration: Registration) -> Result<Account, RegisterError> {
        let status = match self.confirmation {
            AddressConfirmation::Always => EmailStatus::Asked,
            AddressConfirmation::OnRequest | AddressConfirmation::Unavailable => {
                EmailStatus::Unverified
            }
        };
        let account = self.prepare(registration, Role::User, status).await?;
        Ok(self.ports.accounts.create(account).await?)
    }

    /// Creates an admin's account, however many there are. Its address counts as confirmed.
    ///
    /// # Errors
    /// [`RegisterError`]; nothing is created then, except perhaps on [`StoreError::CommitUnknown`].
    pub async fn create_admin(&self, registration: Registration) -> Result<Account, RegisterError> {
        let account = self.prepare(registration, Role::Admin, EmailStatus::Verified).await?;
        Ok(self.ports.accounts.create(account).await?)
    }

    /// Creates an admin's account if there is no admin; otherwise returns `None`. Its address
    /// counts as confirmed.
    ///
    /// # Errors
    /// [`RegisterError`]; nothing is created then, except perhaps on [`StoreError::CommitUnknown`].
    pub async fn create_first_admin(
        &self,
        registration: Registration,
    ) -> Result<Option<Account>, RegisterError> {
        let account = self.prepare(registration, Role::Admin, EmailStatus::Verified).await?;
        Ok(self.ports.accounts.create_first_admin(account).await?)
    }

    /// Whether there is an admin.
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
        email_status: EmailStatus,
    ) -> Result<NewAccount, HasherError> {
        let Registration { name, email, password, trace } = registration;
        Ok(NewAccount {
            name: name.unwrap_or_else(|| email.person_name()),
            email,
            email_status,
            password: self.ports.hasher.hash(password).await?,
            role,
            created_at: self.ports.clock.now(),
            trace,
        })
    }

    /// Checks a password and opens a session. Takes as long for an unknown address as for a wrong
    /// password. `email` is the text as the client sent it, `client` the IP address that it came
    /// from.
    ///
    /// # Errors
    /// [`LoginError`]; no session is opened then, except perhaps on [`StoreError::CommitUnknown`].
    pub async fn log_in(
        &self,
        email: &str,
        attempt: PasswordAttempt,
        client: IpAddr,
    ) -> Result<LoginTokens, LoginError> {
        let address = EmailAddress::of_login(email);
        let network = self.login_network(client);
        let counted = self.count_login(email, address.as_ref(), network.as_ref()).await?;
        let checked = self.verify_credentials(address.as_ref(), attempt).await;
        if let Some(counted) = counted
            && !matches!(checked, Err(LoginError::InvalidCredentials))
        {
            self.ports.limiter.forgive(LimitedAction::AccountLogin, counted).await;
        }
        let account = checked?;
        let now = self.ports.clock.now();
        let session = self.ports.secrets.session_id();
        let refresh = self.ports.secrets.refresh_token();
        let opened = self.ports.sessions.open(NewSession {
            id: session,
            user: account.id,
            network,
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

    /// The account with this address, if the attempt is its password.
    async fn verify_credentials(
        &self,
        address: Option<&EmailAddress>,
        attempt: PasswordAttempt,
    ) -> Result<Account, LoginError> {
        let credentials = match address {
            Some(address) => self.ports.accounts.credentials(address).await?,
            None => None,
        };
        let hash = credentials.as_ref().map(|known| known.password.clone());
        let verified = self.ports.hasher.verify(attempt, hash).await?;
        match credentials {
            Some(Credentials { account, .. }) if verified => Ok(account),
            _ => Err(LoginError::InvalidCredentials),
        }
    }

    /// Renews a session: returns a new access token, and a new refresh token if these are rotated.
    ///
    /// # Errors
    /// [`LoginError::InvalidCredentials`] if the token is unknown or refused.
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

    /// Finds the caller that an access token authenticates.
    ///
    /// # Errors
    /// [`AuthenticateError`] if the token is invalid, its session has ended or its account is
    /// deleted.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, AuthenticateError> {
        let now = self.ports.clock.now();
        let claims = self.ports.tokens.verify(token, now)?;
        let caller = self.ports.sessions.caller(claims.session, now).await?;
        caller
            .filter(|caller| caller.account.id == claims.user)
            .ok_or(AuthenticateError::SessionOver)
    }

    /// Revokes the caller's session: both its tokens stop working at once.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed; the session may still be open then.
    pub async fn log_out(&self, session: SessionId) -> Result<(), StoreError> {
        self.ports.sessions.revoke(session, self.ports.clock.now()).await
    }

    /// The mailbox of an address, as the subject of a rate limit.
    pub fn mailbox(&self, email: &EmailAddress) -> RateLimitSubject {
        let hash = self.ports.secrets.keyed_hash(HashPurpose::Mailbox, email.as_str().as_bytes());
        RateLimitSubject::Mailbox(SubjectHash::from_bytes(hash))
    }

    /// Removes up to `limit` sessions that have ended, and returns how many it removed. For
    /// housekeeping.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn purge_sessions(&self, limit: u32) -> Result<u64, StoreError> {
        self.ports.sessions.purge(self.ports.clock.now(), limit).await
    }

    /// Removes up to `limit` networks from which no account has logged in for long, and returns how
    /// many it removed. For housekeeping.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed.
    pub async fn purge_networks(&self, limit: u32) -> Result<u64, StoreError> {
        let before = NetworkHash::kept_since(self.ports.clock.now());
        self.ports.sessions.purge_networks(before, limit).await
    }
}
