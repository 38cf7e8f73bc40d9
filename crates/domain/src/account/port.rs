//! What accounts and sessions need from the outside. The doc of each method is its contract.

use async_trait::async_trait;

use super::{
    AccessClaims, AccessToken, Account, AccountCommand, AccountRefusal, Actor, Caller, Credentials,
    EmailAddress, InvalidToken, NewAccount, NewPassword, NewSession, PasswordAttempt, PasswordHash,
    RefreshRefusal, RefreshToken, Session, SessionId, SessionLifetimes, TokenHash,
};
use crate::{Page, PageRequest, StoreError, Timestamp, UserId, error::Cause};

/// Looks accounts up. Every read sees what was acknowledged before it started, through the same store.
#[async_trait]
pub trait AccountReads: Send + Sync {
    /// Whether any live account is an admin.
    async fn has_admin(&self) -> Result<bool, StoreError>;

    /// The account of that number, or `None` if there is none (any more).
    async fn find(&self, id: UserId) -> Result<Option<Account>, StoreError>;

    /// The account with that address and its password's hash, or `None`.
    async fn credentials(&self, email: &EmailAddress) -> Result<Option<Credentials>, StoreError>;

    /// A page of the live accounts, by ascending id.
    async fn list(&self, page: PageRequest) -> Result<Page<Account>, StoreError>;
}

/// Makes and changes accounts.
///
/// Two accounts MUST NOT share an email address, whoever races. What a method acknowledges MUST
/// survive a crash of the process.
#[async_trait]
pub trait AccountWrites: Send + Sync {
    /// Makes an account, together with the outbox message that tells of it.
    ///
    /// MUST return [`CreateAccountError::EmailTaken`] if a live account has the address.
    async fn create(&self, account: NewAccount) -> Result<Account, CreateAccountError>;

    /// Makes an account as [`Self::create`] does, unless there is an admin already; then it MUST
    /// change nothing and return `None`. Of any number of racing calls, one makes the account.
    async fn create_first_admin(
        &self,
        account: NewAccount,
    ) -> Result<Option<Account>, CreateAccountError>;

    /// Locks the account, lets [`Account::decide`] decide, and commits what it says, in one
    /// transaction. Returns the account as it is from now on, or `None` if it was erased.
    ///
    /// On [`AccountChange::Erase`](super::AccountChange::Erase) the name, the address and the
    /// password's hash MUST go, every session of the account MUST be revoked, and the customer's name
    /// MUST be replaced on its orders with product lines, all in the same transaction. The address is
    /// free again from then on. Two racing commands MUST NOT leave the shop without an admin.
    async fn execute(
        &self,
        id: UserId,
        command: &AccountCommand,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Option<Account>, ChangeAccountError>;
}

/// A store of accounts: both ports on one handle.
pub trait AccountStore: AccountReads + AccountWrites {}

impl<S: AccountReads + AccountWrites + ?Sized> AccountStore for S {}

/// Why an account was not made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateAccountError {
    /// A live account has this address.
    #[error("the email address is in use")]
    EmailTaken,
    /// The store failed; nothing was made.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an account was not changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ChangeAccountError {
    /// There is no such account (any more).
    #[error("no such account")]
    NotFound,
    /// Another live account has the new address.
    #[error("the email address is in use")]
    EmailTaken,
    /// The rules forbid it.
    #[error(transparent)]
    Refused(#[from] AccountRefusal),
    /// The store failed; nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tells who calls. A session that is revoked, or whose account is gone, MUST be dead for every call
/// that starts after the ending was acknowledged.
#[async_trait]
pub trait SessionReads: Send + Sync {
    /// Who calls through this session. `None` if it is unknown, revoked or past its end, or its account is gone. The
    /// account MUST be as it is now, its role above all.
    async fn caller(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<Caller>, StoreError>;
}

/// Opens, renews and ends sessions.
#[async_trait]
pub trait SessionWrites: Send + Sync {
    /// Opens a session. MUST return [`OpenSessionError::AccountGone`] if the account is no more.
    async fn open(&self, session: NewSession) -> Result<(), OpenSessionError>;

    /// Finds the session by the hash of its current refresh token or of the one before it, locks it,
    /// lets [`Session::decide_refresh`] decide, and commits. Returns the session as it is from now on.
    ///
    /// On [`RefreshRefusal::Replayed`] the session MUST be revoked. MUST return
    /// [`RefreshError::Unknown`] if no session has the token, or its account is gone. Racing calls with one token and
    /// one successor MUST leave the session with that successor, rotated once.
    async fn refresh(
        &self,
        presented: &TokenHash,
        successor: Option<TokenHash>,
        lifetimes: SessionLifetimes,
        now: Timestamp,
    ) -> Result<Session, RefreshError>;

    /// Ends a session: both its tokens stop working. Ending one that is over is no error.
    async fn revoke(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError>;

    /// Removes sessions whose end came before `now`, at most `limit` of them. Returns how many went.
    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// A store of sessions: both ports on one handle.
pub trait SessionStore: SessionReads + SessionWrites {}

impl<S: SessionReads + SessionWrites + ?Sized> SessionStore for S {}

/// Why a session was not opened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpenSessionError {
    /// The account is no more.
    #[error("the account is gone")]
    AccountGone,
    /// The store failed; nothing was opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a session was not renewed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RefreshError {
    /// No session has this token.
    #[error("no session has this refresh token")]
    Unknown,
    /// The session has it, but it does not work.
    #[error(transparent)]
    Refused(#[from] RefreshRefusal),
    /// The store failed; nothing was renewed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Hashes passwords. Slow on purpose, so an implementation MUST NOT do it on a thread that serves other
/// requests, and MUST bound how many run at once and how many wait.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a new password with a fresh salt.
    async fn hash(&self, password: NewPassword) -> Result<PasswordHash, HasherError>;

    /// Whether the attempt is the password behind `hash`. With no hash to compare with, and for
    /// attempts that no password can be (too many bytes), it MUST say no and take just as long.
    async fn verify(
        &self,
        attempt: PasswordAttempt,
        hash: Option<PasswordHash>,
    ) -> Result<bool, HasherError>;
}

/// Why a password was not hashed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HasherError {
    /// Too many are waiting already. Trying again later may succeed.
    #[error("too many passwords are being hashed")]
    Overloaded,
    /// The hash that was to be compared with is none, or the hasher is broken.
    #[error("the hasher failed")]
    Broken(#[source] Cause),
}

/// Signs access tokens and checks them.
pub trait AccessTokens: Send + Sync {
    /// Signs a token that says this.
    ///
    /// # Errors
    /// [`SigningError`] if the key does not work.
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, SigningError>;

    /// Reads a token that this server issued. MUST refuse any other algorithm than the configured one,
    /// `none` above all (RFC 8725, section 3.1), any other kind of token, and one that has expired by `now`.
    ///
    /// # Errors
    /// [`InvalidToken`] if it is not one of ours, or too old.
    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken>;
}

/// A token could not be signed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the access token could not be signed")]
pub struct SigningError(#[source] pub Cause);

/// Makes unguessable things. What is fresh MUST be drawn from the operating system's cryptographic source.
pub trait SecretSource: Send + Sync {
    /// A fresh session identifier.
    fn session_id(&self) -> SessionId;

    /// A fresh refresh token.
    fn refresh_token(&self) -> RefreshToken;

    /// The token that follows this one when refresh tokens are rotated. MUST be the same for the same token in every
    /// process of the shop, so that a client that lost the answer gets it once more, and MUST NOT be computable without
    /// the shop's secret.
    fn successor(&self, token: &RefreshToken) -> RefreshToken;
}
