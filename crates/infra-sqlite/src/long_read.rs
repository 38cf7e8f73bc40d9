//! Reading the whole database as of one moment: on a connection of its own, so that no reader is missed by
//! anybody, and in one transaction, so that what is written meanwhile is not seen.

use diesel::{SqliteConnection, connection::SimpleConnection as _};
use domain::StoreError;
use infra_sql::Panicked;

use crate::{
    error::{Unavailable, DbError},
    file::DatabaseFile,
};

/// What this kind of reading needs beside what every reader needs.
///
/// - `temp_store=FILE`: it sorts whole tables, and what does not fit into the connection's cache must not pile up in
///   memory. Only numbers are sorted.
/// - The transaction begins with the first read, so there is one.
const BEGIN: &str = "PRAGMA temp_store = FILE; BEGIN; SELECT count(*) FROM users WHERE id = 0";

/// A connection in a transaction that sees one moment. Closing the store does not end it; it ends when it is
/// dropped.
pub(crate) struct LongRead {
    /// `None` once a piece of reading failed or was cut off.
    conn: Option<SqliteConnection>,
}

impl LongRead {
    /// Begins one: the moment is now.
    pub(crate) async fn begin(file: DatabaseFile) -> Result<Self, StoreError> {
        let conn = on_a_thread(move || {
            let mut conn = file.connect_reader()?;
            conn.batch_execute(BEGIN)?;
            Ok(conn)
        })
        .await?;
        Ok(Self { conn: Some(conn) })
    }

    /// Does a piece of reading on a thread that may block. After a failure nothing can be read any more.
    pub(crate) async fn run<T: Send + 'static>(
        &mut self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let conn = self.conn.take().ok_or_else(|| StoreError::from(Unavailable::Closed))?;
        let (conn, found) = on_a_thread(move || {
            let mut conn = conn;
            let found = read(&mut conn)?;
            Ok((conn, found))
        })
        .await?;
        self.conn = Some(conn);
        Ok(found)
    }
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DbError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(died) if died.is_panic() => Err(StoreError::from(Panicked)),
        Err(_cancelled) => Err(StoreError::from(Unavailable::Closed)),
    }
}
