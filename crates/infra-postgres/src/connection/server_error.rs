//! The server's error codes, classified by how the store reacts to them.
//!
//! The query builder's errors have kinds but no codes, so each code is mapped to the kind with the
//! same consequence; [`crate::error`] reads the kinds. The mapping is `kind_of`.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};
use tokio_postgres::error::{DbError as DriverDbError, ErrorPosition, SqlState};

/// Sets `failed`, and converts the error into one of the query builder.
pub(super) fn record_failure(error: &tokio_postgres::Error, failed: &AtomicBool) -> DieselError {
    failed.store(true, Ordering::Release);
    from_wire(error)
}

/// Converts an error of the driver into one of the query builder.
pub(crate) fn from_wire(error: &tokio_postgres::Error) -> DieselError {
    if let Some(error) = error.as_db_error() {
        let kind = kind_of(error);
        return DieselError::DatabaseError(kind, Box::new(ServerError::new(error)));
    }
    let lost = error.is_closed() || is_io(error);
    let kind = if lost { DatabaseErrorKind::ClosedConnection } else { DatabaseErrorKind::Unknown };
    DieselError::DatabaseError(kind, Box::new(with_cause(error)))
}

/// The error and its cause in one line: the driver's own text does not give the reason.
fn with_cause(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<io::Error>)
}

/// The kind of a code. The classes are those of appendix A of the PostgreSQL manual.
fn kind_of(error: &DriverDbError) -> DatabaseErrorKind {
    match *error.code() {
        SqlState::UNIQUE_VIOLATION => DatabaseErrorKind::UniqueViolation,
        SqlState::FOREIGN_KEY_VIOLATION => DatabaseErrorKind::ForeignKeyViolation,
        SqlState::NOT_NULL_VIOLATION => DatabaseErrorKind::NotNullViolation,
        SqlState::CHECK_VIOLATION => DatabaseErrorKind::CheckViolation,
        // Serialization failures and deadlocks: the whole transaction may be retried.
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => {
            DatabaseErrorKind::SerializationFailure
        }
        SqlState::READ_ONLY_SQL_TRANSACTION => DatabaseErrorKind::ReadOnlyTransaction,
        // A timeout that ends the session; and a prepared statement that is gone, which a new
        // connection prepares again.
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT | SqlState::INVALID_SQL_STATEMENT_NAME => {
            DatabaseErrorKind::ClosedConnection
        }
        // A statement was prepared before a migration changed its table. The name of the server
        // function is all that distinguishes this from a feature that is not supported.
        SqlState::FEATURE_NOT_SUPPORTED if error.routine() == Some("RevalidateCachedQuery") => {
            DatabaseErrorKind::ClosedConnection
        }
        // A lock timeout or a statement timeout.
        SqlState::LOCK_NOT_AVAILABLE | SqlState::QUERY_CANCELED => {
            DatabaseErrorKind::UnableToSendCommand
        }
        _ => match error.code().code().get(..2) {
            // Connection exceptions; operator intervention: shutdown, crash, still starting.
            Some("08" | "57") => DatabaseErrorKind::ClosedConnection,
            // Out of disk, memory or connections; I/O errors of the server's files.
            Some("53" | "58") => DatabaseErrorKind::UnableToSendCommand,
            _ => DatabaseErrorKind::Unknown,
        },
    }
}

/// Whether a lock timeout was the cause.
pub(crate) fn is_lock_timeout(error: &DieselError) -> bool {
    let DieselError::DatabaseError(_, error) = error else { return false };
    // The text starts with the code: see `ServerError`.
    error
        .message()
        .split_once(':')
        .is_some_and(|(code, _)| code == SqlState::LOCK_NOT_AVAILABLE.code())
}

/// The server's error, whose text starts with its code.
struct ServerError {
    message: String,
    error: DriverDbError,
}

impl ServerError {
    fn new(error: &DriverDbError) -> Self {
        Self {
            message: format!("{}: {}", error.code().code(), error.message()),
            error: error.clone(),
        }
    }
}

impl DatabaseErrorInformation for ServerError {
    fn message(&self) -> &str {
        &self.message
    }

    /// None: the server quotes values of rows here, which are personal data.
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
