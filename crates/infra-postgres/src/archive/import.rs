//! Taking a shop over, in one transaction: all of it, or nothing.

use async_trait::async_trait;
use diesel_async::SimpleAsyncConnection as _;
use domain::{
    StoreError,
    archive::{ArchiveSnapshot, ArchiveTable, ArchiveTarget, ImportError, ImportObserver},
};

use super::values::{count, insert};
use crate::{PostgresStore, connection::Connection, error::DbError, long_transaction::AccessMode};

/// How many rows are read and written at once. Two such chunks are in memory.
const CHUNK_ROWS: u32 = 1_000;

/// Readers may go on; whoever wants to write waits, so that what was empty stays empty.
const LOCK: &str = "
    LOCK TABLE users, sessions, products, orders, order_lines, order_events, stock_movements, outbox
    IN EXCLUSIVE MODE";

/// None of these tables ever loses a row, so a number behind the greatest was never used. Unlike `setval`, this is
/// part of the transaction.
const ADVANCE_SEQUENCES: &str = "
    DO $$
    DECLARE
        numbered text;
        sequence text;
        next bigint;
    BEGIN
        FOREACH numbered IN ARRAY
            ARRAY['users', 'products', 'orders', 'order_events', 'outbox']
        LOOP
            sequence := pg_get_serial_sequence(numbered, 'id');
            EXECUTE format(
                'SELECT greatest(
                    (SELECT max(id) FROM %I), (SELECT last_value FROM %s WHERE is_called), 0) + 1',
                numbered, sequence) INTO next;
            EXECUTE format('ALTER SEQUENCE %s RESTART WITH %s', sequence, next);
        END LOOP;
    END $$";

/// The triggers count what is made and what leaves a list. Deleted orders arrive as such, and never leave, so the
/// products of their lines would count them. The lock waits for whoever folds changes just now; who folds takes the
/// tables in this order, too, so that neither locks the other out.
const RECOUNT_PRODUCT_ORDERS: &str = "
    LOCK TABLE count_deltas, counts IN EXCLUSIVE MODE;
    DELETE FROM counts WHERE kind = 'product_orders';
    DELETE FROM count_deltas WHERE kind = 'product_orders';
    INSERT INTO counts (kind, ref, value)
        SELECT 'product_orders', product_id, count(DISTINCT order_id)
        FROM order_lines JOIN orders ON orders.id = order_id
        WHERE deleted_at IS NULL GROUP BY product_id";

/// So that the first queries are planned for the rows that are there now.
const ANALYZE: &str = "
    ANALYZE users, sessions, products, orders, order_lines, order_events, stock_movements, outbox, counts";

#[async_trait]
impl ArchiveTarget for PostgresStore {
    async fn import(
        &self,
        source: &mut dyn ArchiveSnapshot,
        observer: &mut dyn ImportObserver,
    ) -> Result<(), ImportError> {
        let writing = self.long_transaction(AccessMode::ReadWrite).await.map_err(ImportError::Target)?;
        let written = match writing.connection() {
            Ok(conn) => import_all(source, conn, observer).await,
            Err(failure) => Err(target(failure)),
        };
        if let Err(error) = written {
            writing.roll_back().await;
            return Err(error);
        }
        let conn = writing.commit().await.map_err(target)?;
        if let Err(failure) = run(&conn, ANALYZE).await {
            tracing::warn!(error = ?failure, "the imported tables could not be analyzed; the server will in time");
        }
        Ok(())
    }
}

fn target(failure: DbError) -> ImportError {
    ImportError::Target(StoreError::from(failure))
}

async fn run(mut conn: &Connection, statements: &str) -> Result<(), DbError> {
    Ok(conn.batch_execute(statements).await?)
}

/// Does everything but commit.
async fn import_all(
    source: &mut dyn ArchiveSnapshot,
    conn: &Connection,
    observer: &mut dyn ImportObserver,
) -> Result<(), ImportError> {
    lock_if_empty(conn).await?;
    for table in ArchiveTable::ALL {
        observer.copying(table, source.count(table).await.map_err(ImportError::Source)?);
        copy_table(source, table, conn, observer).await?;
    }
    run(conn, ADVANCE_SEQUENCES).await.map_err(target)?;
    run(conn, RECOUNT_PRODUCT_ORDERS).await.map_err(target)
}

/// Keeps all others from writing, and looks whether there is anything.
async fn lock_if_empty(conn: &Connection) -> Result<(), ImportError> {
    run(conn, LOCK).await.map_err(target)?;
    for table in ArchiveTable::ALL {
        if count(conn, table).await.map_err(target)? > 0 {
            return Err(ImportError::NotEmpty(table));
        }
    }
    Ok(())
}

/// Copies the rows of a kind: while a chunk is written, the next is read.
async fn copy_table(
    source: &mut dyn ArchiveSnapshot,
    table: ArchiveTable,
    conn: &Connection,
    observer: &mut dyn ImportObserver,
) -> Result<(), ImportError> {
    let mut records = source.next(table, CHUNK_ROWS).await.map_err(ImportError::Source)?;
    while !records.rows.is_empty() {
        let copied = u64::try_from(records.rows.len()).unwrap_or(u64::MAX);
        let writing = insert(records).map_err(target)?.execute(conn);
        let (written, next) = futures::future::join(writing, source.next(table, CHUNK_ROWS)).await;
        written.map_err(target)?;
        observer.copied(copied);
        records = next.map_err(ImportError::Source)?;
    }
    Ok(())
}
