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
pub(crate) enum Failure {
    #[error("a statement failed")]
    Statement(#[from] DieselError),
    #[error("the database could not be reached")]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Away(#[from] Away),
    /// The connection was lost while the server was committing: it may have, or not.
    #[error("the connection was lost during a commit, which may have happened or not")]
    CommitUnknown(#[source] DieselError),
    /// A row holds what the domain does not accept.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("a message could not be written as JSON")]
    Message(#[from] serde_json::Error),
    #[error("{0}")]
    Impossible(&'static str),
    #[error(transparent)]
    Batch(#[from] InvalidBatch),
}

/// Why the store is away.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum Away {
    #[error("the store is closed")]
    Closed,
    #[error("no connection became free in time")]
    Busy,
    #[error("the database did not answer in time")]
    Silent,
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
    matches!(cause.downcast_ref(), Some(Failure::Statement(error)) if connection::is_lock_timeout(error))
}

impl From<Away> for StoreError {
    fn from(away: Away) -> Self {
        Failure::Away(away).into()
    }
}

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// The connection is of no use any more, and nothing was committed: try once on a fresh one.
    Reconnect,
    /// The transaction got in another one's way: try again, a few times.
    Repeat,
    /// Trying again later may succeed.
    Later,
    /// Trying again will not help.
    None,
}

impl Failure {
    pub(crate) fn remedy(&self) -> Remedy {
        match self {
            Self::Statement(DieselError::DatabaseError(kind, _)) => match kind {
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::ReadOnlyTransaction => {
                    Remedy::Reconnect
                }
                DatabaseErrorKind::SerializationFailure => Remedy::Repeat,
                DatabaseErrorKind::UnableToSendCommand => Remedy::Later,
                _ => Remedy::None,
            },
            Self::Connect(_) | Self::Away(_) | Self::CommitUnknown(_) => Remedy::Later,
            Self::Statement(_)
            | Self::Unreadable(_)
            | Self::Message(_)
            | Self::Impossible(_)
            | Self::Batch(_) => Remedy::None,
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        mark_failed(&Span::current());
        match failure.remedy() {
            _ if matches!(failure, Failure::CommitUnknown(_)) => Self::commit_unknown(failure),
            Remedy::None => Self::broken(failure),
            Remedy::Reconnect | Remedy::Repeat | Remedy::Later => Self::unavailable(failure),
        }
    }
}

/// Why a piece of work leaves nothing behind: the rules refused it, or something failed.
#[derive(Debug)]
pub(crate) enum Abort<E> {
    Refused(E),
    Failed(Failure),
}

impl<E, F: Into<Failure>> From<F> for Abort<E> {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}
