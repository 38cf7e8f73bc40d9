//! What the server says when a statement fails, sorted by what to do about it.
//!
//! The query builder's errors have kinds but no codes, so each code is turned into the kind that stands for
//! its consequence; [`crate::error`] reads the kinds. The table is in `kind_of`.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};
use tokio_postgres::error::{DbError as DriverDbError, ErrorPosition, SqlState};

/// Takes note that a statement failed, and turns the failure into the query builder's.
pub(super) fn record_failure(error: &tokio_postgres::Error, failed: &AtomicBool) -> DieselError {
    failed.store(true, Ordering::Release);
    from_wire(error)
}

/// The failure as the query builder's.
pub(crate) fn from_wire(error: &tokio_postgres::Error) -> DieselError {
    if let Some(error) = error.as_db_error() {
        let kind = kind_of(error);
        return DieselError::DatabaseError(kind, Box::new(ServerError::new(error)));
    }
    let lost = error.is_closed() || is_io(error);
    let kind = if lost { DatabaseErrorKind::ClosedConnection } else { DatabaseErrorKind::Unknown };
    DieselError::DatabaseError(kind, Box::new(with_cause(error)))
}

/// An error and its cause in one line: the driver's own line does not say why.
fn with_cause(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<io::Error>)
}

/// What a code means for us. Class by class: PostgreSQL's manual, appendix A.
fn kind_of(error: &DriverDbError) -> DatabaseErrorKind {
    match *error.code() {
        SqlState::UNIQUE_VIOLATION => DatabaseErrorKind::UniqueViolation,
        SqlState::FOREIGN_KEY_VIOLATION => DatabaseErrorKind::ForeignKeyViolation,
        SqlState::NOT_NULL_VIOLATION => DatabaseErrorKind::NotNullViolation,
        SqlState::CHECK_VIOLATION => DatabaseErrorKind::CheckViolation,
        // Nobody did anything wrong: the whole transaction may be tried again.
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => {
            DatabaseErrorKind::SerializationFailure
        }
        SqlState::READ_ONLY_SQL_TRANSACTION => DatabaseErrorKind::ReadOnlyTransaction,
        // A timeout that ends the whole session; and something prepared that is gone, of which a fresh
        // connection knows nothing.
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT | SqlState::INVALID_SQL_STATEMENT_NAME => {
            DatabaseErrorKind::ClosedConnection
        }
        // The same, if it was prepared for a table that looks different since a migration. The name of the
        // server's function is all that tells this from what it really cannot do.
        SqlState::FEATURE_NOT_SUPPORTED if error.routine() == Some("RevalidateCachedQuery") => {
            DatabaseErrorKind::ClosedConnection
        }
        // Waited too long, for a lock or for an answer.
        SqlState::LOCK_NOT_AVAILABLE | SqlState::QUERY_CANCELED => {
            DatabaseErrorKind::UnableToSendCommand
        }
        _ => match error.code().code().get(..2) {
            // Connection exceptions; an operator intervened: shut down, crashed, still starting.
            Some("08" | "57") => DatabaseErrorKind::ClosedConnection,
            // Out of disk, memory, connections; the server's own files failed for a moment.
            Some("53" | "58") => DatabaseErrorKind::UnableToSendCommand,
            _ => DatabaseErrorKind::Unknown,
        },
    }
}

/// Whether this says that a lock was waited for too long.
pub(crate) fn is_lock_timeout(error: &DieselError) -> bool {
    let DieselError::DatabaseError(_, error) = error else { return false };
    // The words are ours: see `ServerError`.
    error.message()
        .split_once(':')
        .is_some_and(|(code, _)| code == SqlState::LOCK_NOT_AVAILABLE.code())
}

/// The server's words, with their code in front.
struct ServerError {
    message: String,
    error: DriverDbError,
}

impl ServerError {
    fn new(error: &DriverDbError) -> Self {
        Self { message: format!("{}: {}", error.code().code(), error.message()), error: error.clone() }
    }
}

impl DatabaseErrorInformation for ServerError {
    fn message(&self) -> &str {
        &self.message
    }

    /// Nothing: the server quotes values of rows here, which are personal data.
    fn details(&self) -> Option<&str> {
        None
    }

    fn hint(&self) -> Option<&str> {
        self.error.hint()
    }

    fn table_name(&self) -> Option<&str> {
        self.error.table()
    }

    fn column_name(&self) -> Option<&str> {
        self.error.column()
    }

    fn constraint_name(&self) -> Option<&str> {
        self.error.constraint()
    }

    fn statement_position(&self) -> Option<i32> {
        match *self.error.position()? {
            ErrorPosition::Original(at) | ErrorPosition::Internal { position: at, .. } => {
                i32::try_from(at).ok()
            }
        }
    }
}
