//! Why a use case around accounts came to nothing: what the ports say, less what callers must not learn.

use crate::{
    StoreError,
    account::{
        InvalidToken,
        port::{CreateAccountError, HasherError, SigningError},
    },
};

/// Why nobody was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The address is in use.
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

/// Why nobody was logged in, or stayed so.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No such address, another password, or no such refresh token: callers are not told which.
    #[error("the credentials are wrong")]
    InvalidCredentials,
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

/// Why a caller is not known.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// The token is none of ours, or too old.
    #[error(transparent)]
    Token(#[from] InvalidToken),
    /// The token's session is over, or its account is gone.
    #[error("the session is over")]
    SessionOver,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an account is not shown.
#[derive(Debug, thiserror::Error)]
pub enum ViewAccountError {
    /// The actor may not see it.
    #[error("the actor may not see the account")]
    Forbidden,
    /// There is no such account (any more).
    #[error("no such account")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
