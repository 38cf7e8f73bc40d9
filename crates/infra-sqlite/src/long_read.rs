//! Reads of the whole database from one snapshot: on a separate connection, so that no connection
//! of the readers' pool is occupied, and in one transaction, which does not see later commits.

use diesel::{SqliteConnection, connection::SimpleConnection as _};
use domain::StoreError;
use infra_sql::Panicked;

use crate::{
    error::{DbError, Unavailable},
    file::DatabaseFile,
};

/// Settings in addition to those of every reader, and the beginning of the transaction.
///
/// - `temp_store=FILE`: long reads sort whole tables. What does not fit into the connection's cache
///   goes to a file and not into memory. Only numbers are sorted.
/// - SQLite takes the snapshot at the first read of a transaction, so the text ends with a read.
const BEGIN: &str = "PRAGMA temp_store = FILE; BEGIN; SELECT count(*) FROM users WHERE id = 0";

/// A connection in a transaction that reads one snapshot. It ends when it is dropped, not when the
/// store is closed.
pub(crate) struct LongRead {
    /// `None` once a read failed or was cancelled.
    conn: Option<SqliteConnection>,
}

impl LongRead {
    /// Begins a read on a snapshot as of now.
    pub(crate) async fn begin(file: DatabaseFile) -> Result<Self, StoreError> {
        let conn = run_blocking(move || {
            let mut conn = file.connect_reader()?;
            conn.batch_execute(BEGIN)?;
            Ok(conn)
        })
        .await?;
        Ok(Self { conn: Some(conn) })
    }

    /// Runs a read on a thread that may block. After an error every further read fails.
    pub(crate) async fn run<T: Send + 'static>(
        &mut self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let conn = self.conn.take().ok_or_else(|| StoreError::from(Unavailable::Closed))?;
        let (conn, found) = run_blocking(move || {
            let mut conn = conn;
            let found = read(&mut conn)?;
            Ok((conn, found))
        })
        .await?;
        self.conn = Some(conn);
        Ok(found)
    }
}

async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DbError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) if error.is_panic() => Err(StoreError::from(Panicked)),
        Err(_cancelled) => Err(StoreError::from(Unavailable::Closed)),
    }
}
