//! Exporting a shop from one snapshot.

use async_trait::async_trait;
use domain::{
    StoreError,
    archive::{ArchiveSnapshot, ArchiveSource, ArchiveTable, Records},
};
use infra_sql::archive::Cursors;

use super::values::{count, load};
use crate::{
    PostgresStore,
    long_transaction::{AccessMode, LongTransaction},
};

#[async_trait]
impl ArchiveSource for PostgresStore {
    async fn snapshot(&self) -> Result<Box<dyn ArchiveSnapshot>, StoreError> {
        let transaction = self.long_transaction(AccessMode::ReadOnly).await?;
        Ok(Box::new(Snapshot { transaction, cursors: Cursors::default() }))
    }
}

struct Snapshot {
    transaction: LongTransaction,
    cursors: Cursors,
}

#[async_trait]
impl ArchiveSnapshot for Snapshot {
    async fn count(&mut self, table: ArchiveTable) -> Result<u64, StoreError> {
        Ok(count(self.transaction.connection()?, table).await?)
    }

    async fn next(&mut self, table: ArchiveTable, limit: u32) -> Result<Records, StoreError> {
        let rows = load(self.transaction.connection()?, self.cursors.select(table, limit)).await?;
        Ok(self.cursors.advance(table, rows))
    }
}
