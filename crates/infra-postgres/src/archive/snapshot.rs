//! A shop as of one moment.

use async_trait::async_trait;
use diesel::{dsl::sql, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use domain::{
    StoreError,
    archive::{ArchiveSnapshot, ArchiveSource, ArchiveTable, Records},
};
use infra_sql::{
    archive::{Cursors, table},
    read_count,
};

use super::values::load;
use crate::{
    PostgresStore,
    connection::Connection,
    error::Failure,
    long_transaction::{LongTransaction, Purpose},
};

#[async_trait]
impl ArchiveSource for PostgresStore {
    async fn snapshot(&self) -> Result<Box<dyn ArchiveSnapshot>, StoreError> {
        let reading = self.long_transaction(Purpose::Reading).await?;
        Ok(Box::new(Snapshot { reading, cursors: Cursors::default() }))
    }
}

/// A shop, and how far it is read.
struct Snapshot {
    reading: LongTransaction,
    cursors: Cursors,
}

#[async_trait]
impl ArchiveSnapshot for Snapshot {
    async fn count(&mut self, table: ArchiveTable) -> Result<u64, StoreError> {
        Ok(count(self.reading.connection()?, table).await?)
    }

    async fn next(&mut self, table: ArchiveTable, limit: u32) -> Result<Records, StoreError> {
        let rows = load(self.reading.connection()?, self.cursors.select(table, limit)).await?;
        let records = self.cursors.advance(table, rows);
        Ok(records.map_err(Failure::from)?)
    }
}

/// How many rows of a kind there are.
pub(super) async fn count(mut conn: &Connection, of: ArchiveTable) -> Result<u64, Failure> {
    let count = sql::<BigInt>(&table(of).count()).get_result::<i64>(&mut conn).await?;
    Ok(read_count(of.as_str(), &"all", count)?)
}
