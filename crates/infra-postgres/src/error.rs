//! Errors of the database, and the port errors that they become.
//!
//! A port's error never shows SQL: the cause is its source, for the log.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use domain::{StoreError, order::InvalidBatch};
use infra_sql::{Unreadable, mark_failed};
use tracing::Span;

use crate::{connect::ConnectError, connection};

/// Why an operation on the database failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DbError {
    #[error("a statement failed")]
    Statement(#[from] DieselError),
    #[error("the database could not be reached")]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The connection was lost during a commit: the transaction may be committed or not.
    #[error("the connection was lost during a commit, which may have happened or not")]
    CommitUnknown(#[source] DieselError),
    /// A row has a value that the domain does not accept.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("{0}")]
    Impossible(&'static str),
    #[error(transparent)]
    InvalidBatch(#[from] InvalidBatch),
}

/// Why the store is unavailable.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum Unavailable {
    #[error("the store is closed")]
    Closed,
    #[error("no connection became free in time")]
    Busy,
    #[error("the database did not answer in time")]
    TimedOut,
    #[error("gave up because of concurrent transactions")]
    Contended,
    #[error("no server answers")]
    Silent,
    #[error("all connections wait for commits, which the server has not finished")]
    CommitsPending,
}

/// Whether the outcome of a commit is unknown: the transaction may be committed or not.
pub(crate) fn is_commit_unknown(error: &StoreError) -> bool {
    matches!(error, StoreError::CommitUnknown(_))
}

/// Whether a lock timeout was the cause. Nothing was changed then.
pub(crate) fn is_lock_timeout(error: &StoreError) -> bool {
    let (StoreError::Unavailable(cause) | StoreError::Broken(cause)) = error else {
        return false;
    };
    matches!(cause.downcast_ref(), Some(DbError::Statement(error)) if connection::is_lock_timeout(error))
}

impl From<Unavailable> for StoreError {
    fn from(unavailable: Unavailable) -> Self {
        DbError::Unavailable(unavailable).into()
    }
}

/// Whether, and how, a failed operation may be retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryAdvice {
    /// The connection is unusable, and nothing was committed: retry once on a new connection.
    Reconnect,
    /// The transaction was in conflict with another one: retry a few times.
    Retry,
    /// A later retry by the caller may succeed.
    Later,
    /// A retry will not succeed.
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
            | Self::Impossible(_)
            | Self::InvalidBatch(_) => RetryAdvice::Never,
        }
    }
}

impl From<DbError> for StoreError {
    fn from(error: DbError) -> Self {
        mark_failed(&Span::current());
        match error.retry_advice() {
            _ if matches!(error, DbError::CommitUnknown(_)) => Self::commit_unknown(error),
            RetryAdvice::Never => Self::broken(error),
            RetryAdvice::Reconnect | RetryAdvice::Retry | RetryAdvice::Later => {
                Self::unavailable(error)
            }
        }
    }
}

/// Why a transaction is rolled back: the domain refused the command, or the database failed.
#[derive(Debug)]
pub(crate) enum TxError<E> {
    Refused(E),
    Failed(DbError),
}

impl<E, F: Into<DbError>> From<F> for TxError<E> {
    fn from(error: F) -> Self {
        Self::Failed(error.into())
    }
}
