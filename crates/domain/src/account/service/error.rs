//! The errors of the use cases of accounts: those of the ports, without the details that clients
//! must not learn.

use crate::{
    StoreError,
    account::{
        AccountRefusal, InvalidAccountToken, InvalidToken,
        port::{ChangeAccountError, CreateAccountError, HasherError, SigningError},
    },
    rate_limit::RateLimited,
};

/// Why a registration failed.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// A live account has this address.
    #[error("the email address is in use")]
    EmailTaken,
    /// The password could not be hashed.
    #[error(transparent)]
    Hasher(#[from] HasherError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CreateAccountError> for RegisterError {
    fn from(error: CreateAccountError) -> Self {
        match error {
            CreateAccountError::EmailTaken => Self::EmailTaken,
            CreateAccountError::Store(error) => Self::Store(error),
        }
    }
}

/// Why a login or a refresh failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The address is unknown, the password wrong, or the refresh token refused: the error does not
    /// say which.
    #[error("the credentials are wrong")]
    InvalidCredentials,
    /// Too many wrong passwords for the address, from networks from which its account never logged
    /// in. Alike for an address without an account.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// The password could not be checked.
    #[error(transparent)]
    Hasher(#[from] HasherError),
    /// The access token could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a caller was not authenticated.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// The token is invalid or has expired.
    #[error(transparent)]
    Token(#[from] InvalidToken),
    /// The token's session has ended, or its account is deleted.
    #[error("the session is over")]
    SessionOver,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an account cannot be viewed.
#[derive(Debug, thiserror::Error)]
pub enum ViewAccountError {
    /// The actor may not see it.
    #[error("the actor may not see the account")]
    Forbidden,
    /// There is no live account with this identifier.
    #[error("no such account")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a change that may need the current password failed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordCheckError {
    /// The current password is required, and was not given.
    #[error("the current password is required")]
    PasswordRequired,
    /// The current password is wrong.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The account was not changed for another reason.
    #[error(transparent)]
    Change(ChangeAccountError),
    /// A password could not be checked or hashed.
    #[error(transparent)]
    Hasher(#[from] HasherError),
}

impl From<ChangeAccountError> for PasswordCheckError {
    fn from(error: ChangeAccountError) -> Self {
        match error {
            ChangeAccountError::Refused(AccountRefusal::PasswordRequired) => Self::PasswordRequired,
            ChangeAccountError::Refused(AccountRefusal::WrongPassword) => Self::WrongPassword,
            error => Self::Change(error),
        }
    }
}

impl From<StoreError> for PasswordCheckError {
    fn from(error: StoreError) -> Self {
        Self::Change(error.into())
    }
}

/// Why a token that was mailed had no effect.
#[derive(Debug, thiserror::Error)]
pub enum AccountTokenError {
    /// The token is malformed, has expired, was used, or does not fit the account any more: the
    /// error does not say which.
    #[error("the token is invalid")]
    Invalid,
    /// Another account has the address by now.
    #[error("the email address is in use")]
    EmailTaken,
    /// The new password could not be hashed.
    #[error(transparent)]
    Hasher(#[from] HasherError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<InvalidAccountToken> for AccountTokenError {
    fn from(_refused: InvalidAccountToken) -> Self {
        Self::Invalid
    }
}

impl From<ChangeAccountError> for AccountTokenError {
    fn from(error: ChangeAccountError) -> Self {
        match error {
            ChangeAccountError::EmailTaken => Self::EmailTaken,
            ChangeAccountError::Store(error) => Self::Store(error),
            // The account was deleted, or changed in another way, after the token was checked.
            ChangeAccountError::NotFound | ChangeAccountError::Refused(_) => Self::Invalid,
        }
    }
}
