//! Reads a shop in chunks from one snapshot.

use async_trait::async_trait;
use domain::{
    StoreError,
    archive::{ArchiveSnapshot, ArchiveSource, ArchiveTable, Records},
};
use infra_sql::archive::Cursors;

use super::values::{count, load};
use crate::{SqliteStore, long_read::LongRead};

#[async_trait]
impl ArchiveSource for SqliteStore {
    async fn snapshot(&self) -> Result<Box<dyn ArchiveSnapshot>, StoreError> {
        let reading = self.long_read().await?;
        Ok(Box::new(Snapshot { reading, cursors: Cursors::default() }))
    }
}

/// A snapshot of a shop, with the position in each table up to which it was read.
struct Snapshot {
    reading: LongRead,
    cursors: Cursors,
}

#[async_trait]
impl ArchiveSnapshot for Snapshot {
    async fn count(&mut self, table: ArchiveTable) -> Result<u64, StoreError> {
        self.reading.run(move |conn| count(conn, table)).await
    }

    async fn next(&mut self, table: ArchiveTable, limit: u32) -> Result<Records, StoreError> {
        let select = self.cursors.select(table, limit);
        let rows = self.reading.run(move |conn| load(conn, table, select)).await?;
        Ok(self.cursors.advance(table, rows))
    }
}
