//! Taking a shop over: on the writing thread, in one transaction, a chunk at a time.
//!
//! The source is read here, the writing thread is given a chunk and then the next; a few are in memory. Nothing
//! is kept unless the word comes at the end that all of it came: a source that fails, or a caller who goes away,
//! leaves nothing behind.

use async_trait::async_trait;
use diesel::{SqliteConnection, connection::SimpleConnection as _};
use domain::{
    StoreError,
    archive::{ArchiveSnapshot, ArchiveTable, ArchiveTarget, ImportError, ImportObserver, Records},
};
use tokio::sync::mpsc;

use super::values::{count, insert};
use crate::{
    SqliteStore,
    error::{TxError, DbError},
};

/// How many rows are read and written at once: as many as one statement binds, with room to spare.
const CHUNK: u32 = 1_000;
/// How many chunks may wait for the writing thread.
const WAITING: usize = 2;

/// What the writing thread is given.
enum Delivery {
    Some(Records),
    Complete,
}

/// What the writing thread fails with.
struct Refused(ImportError);

impl From<StoreError> for Refused {
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
        let (sender, mut deliveries) = mpsc::channel(WAITING);
        let writing = self.write(move |conn| {
            // Whoever went away does not hear this.
            let gone = DbError::Unexpected("the rest of the shop did not come");
            write(conn, &mut deliveries)
                .and_then(|complete| if complete { Ok(()) } else { Err(TxError::Failed(gone)) })
        });
        let (written, read) = tokio::join!(writing, read(source, sender, observer));
        // Without its rest the writing failed too, but that is not why.
        read?;
        written.map_err(|Refused(error)| error)
    }
}

/// Reads the shop and gives it on. Ends early if the writing thread takes no more.
async fn read(
    source: &mut dyn ArchiveSnapshot,
    sender: mpsc::Sender<Delivery>,
    observer: &mut dyn ImportObserver,
) -> Result<(), ImportError> {
    for table in ArchiveTable::ALL {
        observer.copying(table, source.count(table).await.map_err(ImportError::Source)?);
        loop {
            let records = source.next(table, CHUNK).await.map_err(ImportError::Source)?;
            if records.rows.is_empty() {
                break;
            }
            let rows = u64::try_from(records.rows.len()).unwrap_or(u64::MAX);
            if sender.send(Delivery::Some(records)).await.is_err() {
                return Ok(());
            }
            observer.copied(rows);
        }
    }
    // If nobody takes it, the writing thread says why.
    let _refused = sender.send(Delivery::Complete).await;
    Ok(())
}

/// Writes all that is given. Returns whether that was all of it.
fn write(
    conn: &mut SqliteConnection,
    deliveries: &mut mpsc::Receiver<Delivery>,
) -> Result<bool, TxError<Refused>> {
    for table in ArchiveTable::ALL {
        if count(conn, table)? > 0 {
            return Err(TxError::Refused(Refused(ImportError::NotEmpty(table))));
        }
    }
    while let Some(delivery) = deliveries.blocking_recv() {
        match delivery {
            // SQLite remembers the greatest number of each table by itself, and none of these tables ever loses a row, so a
            // new one gets a number that was never used.
            Delivery::Some(records) => insert(conn, records)?,
            Delivery::Complete => {
                conn.batch_execute(COUNT_ANEW)?;
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The triggers count what is made and what leaves a list. Deleted orders arrive as such, and never leave, so the
/// products of their lines would count them.
const COUNT_ANEW: &str = "
    DELETE FROM product_order_counts;
    INSERT INTO product_order_counts (product_id, value)
        SELECT product_id, count(DISTINCT order_id)
        FROM order_lines JOIN orders ON orders.id = order_lines.order_id
        WHERE deleted_at IS NULL
        GROUP BY product_id;
";
