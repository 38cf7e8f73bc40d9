//! What goes wrong between here and the server, and what a caller of a port hears of it.
//!
//! A port's error never shows SQL: the cause travels behind it, for the log.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use domain::{StoreError, order::InvalidBatch};
use infra_sql::{Unreadable, mark_failed};
use tracing::Span;

use crate::{connect::ConnectError, connection};

/// Why a piece of work failed, whatever it was for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DbError {
    #[error("a statement failed")]
    Statement(#[from] DieselError),
    #[error("the database could not be reached")]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The connection was lost while the server was committing: it may have, or not.
    #[error("the connection was lost during a commit, which may have happened or not")]
    CommitUnknown(#[source] DieselError),
    /// A row holds what the domain does not accept.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("a message could not be written as JSON")]
    EventJson(#[from] serde_json::Error),
    #[error("{0}")]
    Impossible(&'static str),
    #[error(transparent)]
    InvalidBatch(#[from] InvalidBatch),
}

/// Why the store is away.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum Unavailable {
    #[error("the store is closed")]
    Closed,
    #[error("no connection became free in time")]
    Busy,
    #[error("the database did not answer in time")]
    TimedOut,
    #[error("others were faster each time")]
    Contended,
}

/// Whether a store failed in the middle of a commit, which may have happened or not.
pub(crate) fn is_commit_unknown(failure: &StoreError) -> bool {
    matches!(failure, StoreError::CommitUnknown(_))
}

/// Whether a store waited too long for something that somebody else has locked. Nothing was done.
pub(crate) fn is_lock_timeout(failure: &StoreError) -> bool {
    let (StoreError::Unavailable(cause) | StoreError::Broken(cause)) = failure else {
        return false;
    };
    matches!(cause.downcast_ref(), Some(DbError::Statement(error)) if connection::is_lock_timeout(error))
}

impl From<Unavailable> for StoreError {
    fn from(away: Unavailable) -> Self {
        DbError::Unavailable(away).into()
    }
}

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryAdvice {
    /// The connection is of no use any more, and nothing was committed: try once on a fresh one.
    Reconnect,
    /// The transaction got in another one's way: try again, a few times.
    Retry,
    /// Trying again later may succeed.
    Later,
    /// Trying again will not help.
    Never,
}

impl DbError {
    pub(crate) fn retry_advice(&self) -> RetryAdvice {
        match self {
            Self::Statement(DieselError::DatabaseError(kind, _)) => match kind {
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::ReadOnlyTransaction => {
                    RetryAdvice::Reconnect
                }
                DatabaseErrorKind::SerializationFailure => RetryAdvice::Retry,
                DatabaseErrorKind::UnableToSendCommand => RetryAdvice::Later,
                _ => RetryAdvice::Never,
            },
            Self::Connect(_) | Self::Unavailable(_) | Self::CommitUnknown(_) => RetryAdvice::Later,
            Self::Statement(_)
            | Self::Unreadable(_)
            | Self::EventJson(_)
            | Self::Impossible(_)
            | Self::InvalidBatch(_) => RetryAdvice::Never,
        }
    }
}

impl From<DbError> for StoreError {
    fn from(failure: DbError) -> Self {
        mark_failed(&Span::current());
        match failure.retry_advice() {
            _ if matches!(failure, DbError::CommitUnknown(_)) => Self::commit_unknown(failure),
            RetryAdvice::Never => Self::broken(failure),
            RetryAdvice::Reconnect | RetryAdvice::Retry | RetryAdvice::Later => Self::unavailable(failure),
        }
    }
}

/// Why a piece of work leaves nothing behind: the rules refused it, or something failed.
#[derive(Debug)]
pub(crate) enum TxError<E> {
    Refused(E),
    Failed(DbError),
}

impl<E, F: Into<DbError>> From<F> for TxError<E> {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}
