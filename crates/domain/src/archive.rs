//! The archive of a shop: all its rows, identifiers and hashes included, for copying it to another
//! database.
//!
//! The networks from which accounts have logged in are no part of it: each is recorded again at the
//! next login from it, and their hashes are worthless where the shop's secret is another one.
//!
//! A snapshot is read table by table, in chunks; a target imports all of it or nothing.
//! [`compare()`] checks that two snapshots are equal.

mod columns;
mod compare;
mod records;
mod table;

use async_trait::async_trait;

pub use columns::{Column, Kind};
pub use compare::{CompareError, compare};
pub use records::{Records, Value};
pub use table::ArchiveTable;

use crate::StoreError;

/// A consistent read of a shop.
#[async_trait]
pub trait ArchiveSnapshot: Send {
    /// The number of rows of a table.
    async fn count(&mut self, table: ArchiveTable) -> Result<u64, StoreError>;

    /// The next rows of a table, by ascending key, at most `limit` (1 or more); none when all were
    /// read. Each table starts at its first row, and is read once.
    async fn next(&mut self, table: ArchiveTable, limit: u32) -> Result<Records, StoreError>;
}

/// A database that a shop can be read from.
#[async_trait]
pub trait ArchiveSource: Send + Sync {
    /// Takes a snapshot of the shop. It does not block other transactions and does not see their
    /// later changes.
    async fn snapshot(&self) -> Result<Box<dyn ArchiveSnapshot>, StoreError>;
}

/// Receives the progress of an import or a comparison.
pub trait ImportObserver: Send {
    /// Called before a table is copied, with the number of its rows.
    fn copying(&mut self, table: ArchiveTable, rows: u64);

    /// Called when that many more rows are copied.
    fn copied(&mut self, rows: u64);
}

/// Why an import failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ImportError {
    /// The target has rows in this table already.
    #[error("the target is not empty: it has {}", .0.as_str())]
    NotEmpty(ArchiveTable),
    /// The source failed.
    #[error("the source could not be read")]
    Source(#[source] StoreError),
    /// The target failed.
    #[error("the target could not be written")]
    Target(#[source] StoreError),
}

/// A database that a shop can be copied to.
#[async_trait]
pub trait ArchiveTarget: Send + Sync {
    /// Imports a whole snapshot in one transaction: rows unchanged, identifiers included. New rows
    /// that are created afterwards MUST get identifiers that none of these has or had; counters
    /// MUST be right. Data that the target keeps only for searching or counting is rebuilt. A
    /// target that has nothing but a record of a [shop](ArchiveTable::Shop) and
    /// [subscriptions](ArchiveTable::Subscriptions) counts as empty, as a server was only started
    /// on it; these are removed.
    ///
    /// # Errors
    /// [`ImportError`]; the target is unchanged then.
    async fn import(
        &self,
        source: &mut dyn ArchiveSnapshot,
        observer: &mut dyn ImportObserver,
    ) -> Result<(), ImportError>;
}
