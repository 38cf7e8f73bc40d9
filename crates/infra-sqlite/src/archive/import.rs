//! Imports a shop: on the writer thread, in one transaction, in chunks.
//!
//! The calling task reads the source and sends the chunks to the writer thread; a few are in
//! memory. The transaction commits only after the end mark, so a source that fails, or a caller
//! that stops waiting, leaves no data behind.

use async_trait::async_trait;
use diesel::{RunQueryDsl as _, SqliteConnection, connection::SimpleConnection as _};
use domain::{
    StoreError,
    archive::{ArchiveSnapshot, ArchiveTable, ArchiveTarget, ImportError, ImportObserver, Records},
};
use tokio::sync::mpsc;

use super::values::{count, insert};
use crate::{
    SqliteStore,
    error::{DbError, TxError},
    schema::{shop, subscriptions},
};

/// How many rows are read and written at once: fewer than one statement can bind.
const ROWS_PER_CHUNK: u32 = 1_000;
/// How many chunks may wait for the writer thread.
const MAX_QUEUED_CHUNKS: usize = 2;

enum Chunk {
    Rows(Records),
    /// The mark after the last rows.
    End,
}

/// An error of the writer thread.
struct WriteError(ImportError);

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> Self {
        Self(ImportError::Target(error))
    }
}

#[async_trait]
impl ArchiveTarget for SqliteStore {
    async fn import(
        &self,
        source: &mut dyn ArchiveSnapshot,
        observer: &mut dyn ImportObserver,
    ) -> Result<(), ImportError> {
        let (sender, mut chunks) = mpsc::channel(MAX_QUEUED_CHUNKS);
        let writing = self.write(move |conn| {
            let incomplete = DbError::Unexpected("the import ended before its end mark");
            write(conn, &mut chunks)
                .and_then(|is_complete| if is_complete { Ok(()) } else { Err(incomplete.into()) })
        });
        let (written, read) = tokio::join!(writing, read(source, sender, observer));
        // If the source failed, the write failed too, as the end mark is missing. The source's
        // error is the cause, so it is returned.
        read?;
        written.map_err(|WriteError(error)| error)
    }
}

/// Reads the shop and sends it to the writer thread. Ends early if that has failed.
async fn read(
    source: &mut dyn ArchiveSnapshot,
    sender: mpsc::Sender<Chunk>,
    observer: &mut dyn ImportObserver,
) -> Result<(), ImportError> {
    for table in ArchiveTable::ALL {
        observer.copying(table, source.count(table).await.map_err(ImportError::Source)?);
        loop {
            let records = source.next(table, ROWS_PER_CHUNK).await.map_err(ImportError::Source)?;
            if records.rows.is_empty() {
                break;
            }
            let rows = u64::try_from(records.rows.len()).unwrap_or(u64::MAX);
            if sender.send(Chunk::Rows(records)).await.is_err() {
                return Ok(());
            }
            observer.copied(rows);
        }
    }
    // Fails only if the writer thread has failed, which returns its own error.
    let _closed = sender.send(Chunk::End).await;
    Ok(())
}

/// Writes all chunks. Returns whether they ended with the end mark.
fn write(
    conn: &mut SqliteConnection,
    chunks: &mut mpsc::Receiver<Chunk>,
) -> Result<bool, TxError<WriteError>> {
    for table in ArchiveTable::ALL {
        // A new database has a record of its shop, and subscriptions that have read nothing.
        let is_new = matches!(table, ArchiveTable::Shop | ArchiveTable::Subscriptions);
        if !is_new && count(conn, table)? > 0 {
            return Err(TxError::Refused(WriteError(ImportError::NotEmpty(table))));
        }
    }
    diesel::delete(shop::table).execute(conn)?;
    diesel::delete(subscriptions::table).execute(conn)?;
    while let Some(chunk) = chunks.blocking_recv() {
        match chunk {
            // SQLite keeps the greatest id of each AUTOINCREMENT table by itself, and no row is
            // ever deleted from these tables, so a new row gets an id that was never used.
            Chunk::Rows(records) => insert(conn, records)?,
            Chunk::End => {
                conn.batch_execute(RECOUNT_PRODUCT_ORDERS)?;
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Sets the counts of orders by product. The triggers count an order at its first line for a
/// product, and subtract it when it is deleted. An imported deleted order is inserted as deleted,
/// so it would stay counted.
const RECOUNT_PRODUCT_ORDERS: &str = "
    DELETE FROM product_order_counts;
    INSERT INTO product_order_counts (product_id, value)
        SELECT product_id, count(DISTINCT order_id)
        FROM order_lines JOIN orders ON orders.id = order_lines.order_id
        WHERE deleted_at IS NULL
        GROUP BY product_id;
";
