//! Importing a shop, in one transaction: all of it, or nothing.

use async_trait::async_trait;
use diesel_async::SimpleAsyncConnection as _;
use domain::{
    StoreError,
    archive::{ArchiveSnapshot, ArchiveTable, ArchiveTarget, ImportError, ImportObserver},
};

use super::values::{count, insert};
use crate::{PostgresStore, connection::Connection, error::DbError, long_transaction::AccessMode};

/// How many rows are read and written at once. Two chunks are in memory.
const CHUNK_ROWS: u32 = 1_000;

/// Reads are not blocked; writes wait, so that an empty database stays empty.
const LOCK: &str = "
    LOCK TABLE users, sessions, products, orders, order_lines, stock_movements, events,
        subscriptions, parked_events, shop
    IN EXCLUSIVE MODE";

/// Moves each sequence past the greatest id. Rows of these tables are never deleted, so a greater
/// id was never used. Unlike `setval`, this is part of the transaction.
const ADVANCE_SEQUENCES: &str = "
    DO $$
    DECLARE
        numbered text;
        sequence text;
        next bigint;
    BEGIN
        FOREACH numbered IN ARRAY
            ARRAY['users', 'products', 'orders', 'events']
        LOOP
            sequence := pg_get_serial_sequence(numbered, 'id');
            EXECUTE format(
                'SELECT greatest(
                    (SELECT max(id) FROM %I), (SELECT last_value FROM %s WHERE is_called), 0) + 1',
                numbered, sequence) INTO next;
            EXECUTE format('ALTER SEQUENCE %s RESTART WITH %s', sequence, next);
        END LOOP;
    END $$";

/// Counts the orders of each product anew. The triggers count inserted rows, and rows that leave a
/// list. Deleted orders are imported as deleted, so the triggers on their lines would count them.
/// The lock waits for a running compaction; compaction locks the tables in the same order, so the
/// two cannot deadlock.
const RECOUNT_PRODUCT_ORDERS: &str = "
    LOCK TABLE count_deltas, counts IN EXCLUSIVE MODE;
    DELETE FROM counts WHERE kind = 'product_orders';
    DELETE FROM count_deltas WHERE kind = 'product_orders';
    INSERT INTO counts (kind, ref, value)
        SELECT 'product_orders', product_id, count(DISTINCT order_id)
        FROM order_lines JOIN orders ON orders.id = order_id
        WHERE deleted_at IS NULL GROUP BY product_id";

/// Updates the planner's statistics, so that the first queries are planned for the imported rows.
const ANALYZE: &str = "
    ANALYZE users, sessions, products, orders, order_lines, stock_movements, events, subscriptions,
        parked_events, counts";

#[async_trait]
impl ArchiveTarget for PostgresStore {
    async fn import(
        &self,
        source: &mut dyn ArchiveSnapshot,
        observer: &mut dyn ImportObserver,
    ) -> Result<(), ImportError> {
        let transaction =
            self.long_transaction(AccessMode::ReadWrite).await.map_err(ImportError::Target)?;
        let written = match transaction.connection() {
            Ok(conn) => import_all(source, conn, observer).await,
            Err(error) => Err(target_error(error)),
        };
        if let Err(error) = written {
            transaction.roll_back().await;
            return Err(error);
        }
        let conn = transaction.commit().await.map_err(target_error)?;
        if let Err(error) = run(&conn, ANALYZE).await {
            tracing::warn!(error = ?error, "ANALYZE of the imported tables failed; autovacuum will do it later");
        }
        Ok(())
    }
}

fn target_error(error: DbError) -> ImportError {
    ImportError::Target(StoreError::from(error))
}

async fn run(mut conn: &Connection, statements: &str) -> Result<(), DbError> {
    Ok(conn.batch_execute(statements).await?)
}

/// Imports everything, without committing.
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
    run(conn, ADVANCE_SEQUENCES).await.map_err(target_error)?;
    run(conn, RECOUNT_PRODUCT_ORDERS).await.map_err(target_error)
}

/// Locks the tables against writes, checks that they are empty, and removes the record of a
/// shop and its subscriptions.
async fn lock_if_empty(conn: &Connection) -> Result<(), ImportError> {
    run(conn, LOCK).await.map_err(target_error)?;
    for table in ArchiveTable::ALL {
        // A new database has a record of its shop, and subscriptions that have read nothing.
        let is_new = matches!(table, ArchiveTable::Shop | ArchiveTable::Subscriptions);
        if !is_new && count(conn, table).await.map_err(target_error)? > 0 {
            return Err(ImportError::NotEmpty(table));
        }
    }
    run(conn, "DELETE FROM shop; DELETE FROM subscriptions").await.map_err(target_error)
}

/// Copies the rows of a table: while a chunk is written, the next one is read.
async fn copy_table(
    source: &mut dyn ArchiveSnapshot,
    table: ArchiveTable,
    conn: &Connection,
    observer: &mut dyn ImportObserver,
) -> Result<(), ImportError> {
    let mut records = source.next(table, CHUNK_ROWS).await.map_err(ImportError::Source)?;
    while !records.rows.is_empty() {
        let copied = u64::try_from(records.rows.len()).unwrap_or(u64::MAX);
        let insert = insert(records).map_err(target_error)?.execute(conn);
        let (written, next) = futures::future::join(insert, source.next(table, CHUNK_ROWS)).await;
        written.map_err(target_error)?;
        observer.copied(copied);
        records = next.map_err(ImportError::Source)?;
    }
    Ok(())
}
