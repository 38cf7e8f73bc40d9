//! Errors of SQLite, and the port errors that they become.
//!
//! A port's error never shows SQL. It carries the cause as its source, for the log.

use diesel::{ConnectionError, result::Error as DieselError};
use domain::{StoreError, order::InvalidBatch};
use infra_sql::{Unreadable, mark_failed};
use tracing::Span;

/// Why an operation on a connection failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DbError {
    #[error("a statement failed")]
    Statement(#[from] DieselError),
    #[error("the database could not be opened")]
    Connection(#[from] ConnectionError),
    /// A row has a value that the domain rejects.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("a value could not be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Unexpected(&'static str),
    #[error(transparent)]
    Batch(#[from] InvalidBatch),
}

/// Why the store is unavailable.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum Unavailable {
    #[error("the store is closed")]
    Closed,
    #[error("no reader became free in time")]
    ReadersBusy,
}

impl From<Unavailable> for StoreError {
    fn from(reason: Unavailable) -> Self {
        mark_failed(&Span::current());
        Self::unavailable(reason)
    }
}

/// The messages of SQLite's errors that may pass: those of its result codes BUSY, LOCKED, FULL,
/// IOERR, CANTOPEN, NOMEM, READONLY, PROTOCOL and INTERRUPT. The query builder passes on the
/// messages only.
const TRANSIENT_MESSAGES: [&str; 9] = [
    "database is locked",
    "database table is locked",
    "database or disk is full",
    "disk I/O error",
    "unable to open database file",
    "out of memory",
    "attempt to write a readonly database",
    "locking protocol",
    "interrupted",
];

/// The messages of READONLY and CANTOPEN.
const WRITE_ACCESS_MESSAGES: [&str; 2] =
    ["attempt to write a readonly database", "unable to open database file"];

impl DbError {
    /// Whether a statement failed because another connection is writing.
    pub(crate) fn is_locked(error: &DieselError) -> bool {
        matches!(error, DieselError::DatabaseError(_, information)
            if information.message().contains("database is locked"))
    }

    pub(crate) fn is_transient(&self) -> bool {
        self.is_one_of(&TRANSIENT_MESSAGES)
    }

    /// Whether SQLite would have to write, to the file or beside it, and may not.
    pub(crate) fn is_for_lack_of_write_access(&self) -> bool {
        self.is_one_of(&WRITE_ACCESS_MESSAGES)
    }

    fn is_one_of(&self, messages: &[&str]) -> bool {
        let message = match self {
            Self::Statement(DieselError::DatabaseError(_, information))
            | Self::Connection(ConnectionError::CouldntSetupConfiguration(
                DieselError::DatabaseError(_, information),
            )) => information.message(),
            Self::Connection(ConnectionError::BadConnection(message)) => message,
            _ => return false,
        };
        messages.iter().any(|text| message.contains(text))
    }
}

impl From<DbError> for StoreError {
    fn from(failure: DbError) -> Self {
        mark_failed(&Span::current());
        if failure.is_transient() { Self::unavailable(failure) } else { Self::broken(failure) }
    }
}

/// Why a transaction is rolled back: the domain refused the command, or the database failed.
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

impl<E: From<StoreError>> TxError<E> {
    pub(crate) fn into_port_error(self) -> E {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Failed(failure) => StoreError::from(failure).into(),
        }
    }
}
