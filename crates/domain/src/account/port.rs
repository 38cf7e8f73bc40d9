//! The ports of accounts and sessions. The doc of each method is its contract.

use async_trait::async_trait;

use super::{
    AccessClaims, AccessToken, Account, AccountCommand, AccountRefusal, Actor, Caller, Credentials,
    EmailAddress, InvalidToken, NetworkHash, NewAccount, NewPassword, NewSession, PasswordAttempt,
    PasswordHash, RefreshRefusal, RefreshToken, Role, Session, SessionId, SessionLifetimes,
    TokenHash,
};
use crate::{
    Page, PageRequest, SearchTerm, StoreError, Timestamp, UserId, error::Cause, order::Order,
};

/// Reads accounts. Every read sees what the same store acknowledged before the read started.
#[async_trait]
pub trait AccountReads: Send + Sync {
    /// Whether there is a live account with the role [`Admin`](super::Role::Admin).
    async fn has_admin(&self) -> Result<bool, StoreError>;

    /// The live account with this identifier, or `None`.
    async fn find(&self, id: UserId) -> Result<Option<Account>, StoreError>;

    /// The live account with this address and the hash of its password, or `None`.
    async fn credentials(&self, email: &EmailAddress) -> Result<Option<Credentials>, StoreError>;

    /// The live account with this identifier and the hash of its password, or `None`.
    async fn credentials_of(&self, id: UserId) -> Result<Option<Credentials>, StoreError>;

    /// A page of the live accounts that a filter matches, by ascending id, and the number of all
    /// that it matches.
    async fn list(&self, query: &AccountQuery) -> Result<Page<Account>, StoreError>;
}

/// The filter of a list: an account is listed if it matches every field that is present.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountFilter {
    /// Only the account with this address.
    pub email: Option<EmailAddress>,
    /// Only accounts whose name or address contains this.
    pub search: Option<SearchTerm>,
    /// Only accounts with this role.
    pub role: Option<Role>,
}

/// The query of a list: a filter, and a page of what it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountQuery {
    /// The accounts to list.
    pub filter: AccountFilter,
    /// The page to return.
    pub page: PageRequest,
}

impl AccountQuery {
    /// A page of all accounts.
    pub fn all(page: PageRequest) -> Self {
        Self { filter: AccountFilter::default(), page }
    }
}

/// Creates and changes accounts.
///
/// Two live accounts MUST NOT share an email address, even when calls race. What a method
/// acknowledges MUST survive a crash of the process.
#[async_trait]
pub trait AccountWrites: Send + Sync {
    /// Creates an account and appends its events to the journal in one transaction.
    ///
    /// MUST return [`CreateAccountError::EmailTaken`] if a live account has the address.
    async fn create(&self, account: NewAccount) -> Result<Account, CreateAccountError>;

    /// Creates an account as [`Self::create`] does, unless there is an admin already; then it MUST
    /// change nothing and return `None`. Of any number of racing calls, one creates its account.
    async fn create_first_admin(
        &self,
        account: NewAccount,
    ) -> Result<Option<Account>, CreateAccountError>;

    /// Locks the account, calls [`Credentials::decide`] with what it reads under the lock, and
    /// commits the result in one transaction: the account and its password's hash, the sessions
    /// that are revoked, and the events, with the actor's trace. Returns the account in its
    /// new state, or `None` if it was erased.
    ///
    /// MUST return [`ChangeAccountError::EmailTaken`] if another live account has the address that
    /// the command sets or makes pending. A pending address is not reserved: another account may
    /// take it meanwhile. Of racing commands with one token, or with one current password, at most
    /// one MUST succeed.
    ///
    /// If all sessions are revoked, the networks from which the account logged in MUST be removed:
    /// an attacker who knew the password may have used one of them.
    ///
    /// On [`AccountChange::Erase`](super::AccountChange::Erase) the name, the addresses, the
    /// password's hash and the networks MUST be removed, every session of the account MUST be
    /// revoked, and the customer's name MUST be replaced on its orders with product lines, all in
    /// the same transaction. The address can be registered again after that, and no search finds
    /// the account or its orders by the old name or address. Two racing commands MUST NOT leave the
    /// shop without an admin.
    ///
    /// If [`OpenOrders::needs_orders`](super::OpenOrders::needs_orders), the store locks the
    /// account's open orders with product lines by ascending id, after the account, calls
    /// [`OpenOrders::decide`](super::OpenOrders::decide), and commits what that returns in the same
    /// transaction, as [`OrderWrites::execute`](crate::order::port::OrderWrites::execute) commits
    /// the change of one order. A racing order MUST be placed before the account is erased, and so
    /// be one of these orders, or be refused.
    async fn execute(
        &self,
        id: UserId,
        command: &AccountCommand,
        actor: Actor,
        now: Timestamp,
    ) -> Result<AccountOutcome, ChangeAccountError>;
}

/// What a command on an account changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountOutcome {
    /// The account in its new state; `None` if it was erased.
    pub account: Option<Account>,
    /// The orders that were cancelled with it, by ascending id.
    pub cancelled: Vec<Order>,
}

impl From<Account> for AccountOutcome {
    fn from(account: Account) -> Self {
        Self { account: Some(account), cancelled: Vec::new() }
    }
}

/// A store of accounts: both ports in one trait object.
pub trait AccountStore: AccountReads + AccountWrites {}

impl<S: AccountReads + AccountWrites + ?Sized> AccountStore for S {}

/// Why an account was not created.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateAccountError {
    /// A live account has this address.
    #[error("the email address is in use")]
    EmailTaken,
    /// The store failed. On [`StoreError::CommitUnknown`] the account may have been created.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an account was not changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ChangeAccountError {
    /// There is no live account with this identifier.
    #[error("no such account")]
    NotFound,
    /// Another live account has the new address.
    #[error("the email address is in use")]
    EmailTaken,
    /// The decision refused the command.
    #[error(transparent)]
    Refused(#[from] AccountRefusal),
    /// The store failed. On [`StoreError::CommitUnknown`] the account may have been changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Finds the caller of a session. A session that is revoked, or whose account is deleted, MUST NOT
/// be accepted by any call that starts after the revocation or deletion was acknowledged.
#[async_trait]
pub trait SessionReads: Send + Sync {
    /// The caller of this session; `None` if the session is unknown, revoked or past its end, or
    /// its account is deleted. The account MUST be the current one, its role above all.
    async fn caller(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<Caller>, StoreError>;

    /// Whether the network is recorded for the live account with this address: a session was opened
    /// from it. `false` if no account has the address.
    async fn has_logged_in_from(
        &self,
        email: &EmailAddress,
        network: &NetworkHash,
    ) -> Result<bool, StoreError>;
}

/// Opens, renews and ends sessions.
#[async_trait]
pub trait SessionWrites: Send + Sync {
    /// Opens a session. MUST return [`OpenSessionError::AccountGone`] if the account is deleted.
    ///
    /// A [network](NewSession::network) is recorded in the same transaction; one that was seen
    /// within a day of the login need not be written again (see
    /// [`NetworkHash::recorded_again_from`]). Of the networks of an account, those that it logged
    /// in from last are kept, [`NetworkHash::MAX_PER_ACCOUNT`] of them; while logins race, a few
    /// more.
    async fn open(&self, session: NewSession) -> Result<(), OpenSessionError>;

    /// Finds the session whose current or previous refresh token has this hash, locks it, calls
    /// [`Session::decide_refresh`], and commits. Returns the session in its new state.
    ///
    /// On [`RefreshRefusal::Replayed`] the session MUST be revoked. MUST return
    /// [`RefreshError::Unknown`] if no session has the token, or its account is deleted. Racing
    /// calls with one token and one successor MUST leave the session with that successor, rotated
    /// once.
    async fn refresh(
        &self,
        presented: &TokenHash,
        successor: Option<TokenHash>,
        lifetimes: SessionLifetimes,
        now: Timestamp,
    ) -> Result<Session, RefreshError>;

    /// Revokes a session: both its tokens stop working. Revoking one that has ended is no error.
    async fn revoke(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError>;

    /// Removes up to `limit` sessions whose end is before `now`. Returns how many it removed.
    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Removes up to `limit` networks that were last seen before that time. Returns how many it
    /// removed.
    async fn purge_networks(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// A store of sessions: both ports in one trait object.
pub trait SessionStore: SessionReads + SessionWrites {}

impl<S: SessionReads + SessionWrites + ?Sized> SessionStore for S {}

/// Why a session was not opened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpenSessionError {
    /// The account is deleted.
    #[error("the account is gone")]
    AccountGone,
    /// The store failed. On [`StoreError::CommitUnknown`] the session may have been opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a session was not renewed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RefreshError {
    /// No session has this refresh token.
    #[error("no session has this refresh token")]
    Unknown,
    /// The session has the token, but [`Session::decide_refresh`] refused it.
    #[error(transparent)]
    Refused(#[from] RefreshRefusal),
    /// The store failed. On [`StoreError::CommitUnknown`] the session may have been renewed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Hashes passwords. Hashing is slow on purpose, so an implementation MUST NOT do it on a thread
/// that serves other requests, and MUST bound how many run at once and how many wait.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a new password with a fresh salt.
    async fn hash(&self, password: NewPassword) -> Result<PasswordHash, HasherError>;

    /// Whether the attempt is the password of `hash`. Without a hash, and for attempts that no
    /// password can equal (too many bytes), it MUST return `false` and take just as long.
    async fn verify(
        &self,
        attempt: PasswordAttempt,
        hash: Option<PasswordHash>,
    ) -> Result<bool, HasherError>;
}

/// Why a password was not hashed or checked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HasherError {
    /// Too many are waiting already, or the password has waited too long. Trying again later may
    /// succeed.
    #[error("too many passwords are being hashed")]
    Overloaded,
    /// The stored hash is malformed, or the hasher failed.
    #[error("the hasher failed")]
    Broken(#[source] Cause),
}

/// Signs and verifies access tokens.
pub trait AccessTokens: Send + Sync {
    /// Signs a token with these claims.
    ///
    /// # Errors
    /// [`SigningError`] if the key cannot be used.
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, SigningError>;

    /// Reads a token that this server issued. MUST refuse any other algorithm than the configured
    /// one, `none` above all (RFC 8725, section 3.1), a header with `crit` (RFC 7515, section
    /// 4.1.11), any other kind of token, and one that has expired by `now`.
    ///
    /// # Errors
    /// [`InvalidToken`] if this server did not issue it, or if it has expired.
    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken>;
}

/// An access token could not be signed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the access token could not be signed")]
pub struct SigningError(#[source] pub Cause);

/// What a keyed hash stands for. The hashes of two purposes cannot be compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashPurpose {
    /// An address that was typed to log in.
    Login,
    /// An address that mails go to.
    Mailbox,
    /// The network of a client whose attempts are counted.
    Client,
    /// A network from which an account logged in.
    Network,
    /// An address that was typed to log in, in the log.
    LoggedAddress,
    /// The network of a client, in the log.
    LoggedNetwork,
}

/// The key of the shop that authenticates the tokens in mails.
pub trait AccountTokenKey: Send + Sync {
    /// The code that authenticates this message, the content of an
    /// [`AccountToken`](super::AccountToken): HMAC-SHA-256, under a key that is derived from the
    /// shop's secret for this use alone. MUST be the same in every process of the shop, and MUST
    /// NOT be computable without the secret.
    fn account_token_mac(&self, message: &[u8]) -> [u8; 32];
}

/// Generates secrets. Random ones MUST come from the cryptographic source of the operating system.
pub trait SecretSource: AccountTokenKey {
    /// A new random session identifier.
    fn session_id(&self) -> SessionId;

    /// A new random refresh token.
    fn refresh_token(&self) -> RefreshToken;

    /// The token that follows this one when refresh tokens are rotated. MUST be the same for the
    /// same token in every process of the shop, so that a client that lost the response gets it
    /// again, and MUST NOT be computable without the shop's secret.
    fn successor(&self, token: &RefreshToken) -> RefreshToken;

    /// A hash that may be kept in place of personal data. MUST be the same for the same data and
    /// purpose in every process of the shop, MUST NOT be computable without the shop's secret, and
    /// MUST use another key for each purpose.
    fn keyed_hash(&self, purpose: HashPurpose, data: &[u8]) -> [u8; 32];
}
