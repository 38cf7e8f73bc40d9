//! A shop as of one moment.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    StoreError,
    archive::{ArchiveSnapshot, ArchiveSource, ArchiveTable, Records},
};

use super::portions::Places;
use crate::{
    PostgresStore,
    connection::Connection,
    counts,
    error::Failure,
    long_transaction::{LongTransaction, Purpose},
    schema::{
        order_events, order_lines, orders, outbox, products, sessions, stock_movements, users,
    },
};

#[async_trait]
impl ArchiveSource for PostgresStore {
    async fn snapshot(&self) -> Result<Box<dyn ArchiveSnapshot>, StoreError> {
        let reading = self.long_transaction(Purpose::Reading).await?;
        Ok(Box::new(Snapshot { reading, places: Places::default() }))
    }
}

/// A shop, and how far it is read.
struct Snapshot {
    reading: LongTransaction,
    places: Places,
}

#[async_trait]
impl ArchiveSnapshot for Snapshot {
    async fn count(&mut self, table: ArchiveTable) -> Result<u64, StoreError> {
        Ok(count(self.reading.connection()?, table).await?)
    }

    async fn next(&mut self, table: ArchiveTable, limit: u32) -> Result<Records, StoreError> {
        let conn = self.reading.connection()?;
        Ok(self.places.read(conn, table, i64::from(limit.max(1))).await?)
    }
}

/// How many rows of a kind there are.
pub(super) async fn count(mut conn: &Connection, table: ArchiveTable) -> Result<u64, Failure> {
    let conn = &mut conn;
    let count: i64 = match table {
        ArchiveTable::Accounts => users::table.count().get_result(conn).await?,
        ArchiveTable::Sessions => sessions::table.count().get_result(conn).await?,
        ArchiveTable::Products => products::table.count().get_result(conn).await?,
        ArchiveTable::Orders => orders::table.count().get_result(conn).await?,
        ArchiveTable::Lines => order_lines::table.count().get_result(conn).await?,
        ArchiveTable::Events => order_events::table.count().get_result(conn).await?,
        ArchiveTable::Movements => stock_movements::table.count().get_result(conn).await?,
        ArchiveTable::Outbox => outbox::table.count().get_result(conn).await?,
    };
    counts::count(table.as_str(), &"all", count)
}
