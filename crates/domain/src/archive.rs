//! A whole shop, row by row, on its way from one database to another: identifiers, hashes, histories and all.
//!
//! A snapshot is read table by table, in portions; a target takes all of it or nothing. [`compare()`] tells whether
//! two snapshots are the same.

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

/// A shop as of one moment.
#[async_trait]
pub trait ArchiveSnapshot: Send {
    /// How many rows of a kind there are.
    async fn count(&mut self, table: ArchiveTable) -> Result<u64, StoreError>;

    /// The next rows of a kind, by ascending key, at most `limit` (1 or more); none when all were read. Each
    /// kind starts at its first row, and is read once.
    async fn next(&mut self, table: ArchiveTable, limit: u32) -> Result<Records, StoreError>;
}

/// Where a shop can be read from.
#[async_trait]
pub trait ArchiveSource: Send + Sync {
    /// The shop as of now. Who works on it meanwhile is not held up and not seen.
    async fn snapshot(&self) -> Result<Box<dyn ArchiveSnapshot>, StoreError>;
}

/// Hears how an import goes.
pub trait ImportObserver: Send {
    /// A kind of rows is about to be copied; so many there are.
    fn copying(&mut self, table: ArchiveTable, rows: u64);

    /// So many more of them are copied.
    fn copied(&mut self, rows: u64);
}

/// Why nothing was imported.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ImportError {
    /// There is something in the target already.
    #[error("the target is not empty: it has {}", .0.as_str())]
    NotEmpty(ArchiveTable),
    /// The source failed.
    #[error("the source could not be read")]
    Source(#[source] StoreError),
    /// The target failed.
    #[error("the target could not be written")]
    Target(#[source] StoreError),
}

/// Where a shop can be copied to.
#[async_trait]
pub trait ArchiveTarget: Send + Sync {
    /// Takes the whole of a snapshot over in one transaction, or nothing: rows as they are, numbers
    /// included. New rows that are made afterwards MUST get numbers that none of these has or had; counters
    /// MUST be right. What the target itself keeps only for searching or counting is made anew.
    ///
    /// # Errors
    /// [`ImportError`]; the target is as it was then.
    async fn import(
        &self,
        source: &mut dyn ArchiveSnapshot,
        observer: &mut dyn ImportObserver,
    ) -> Result<(), ImportError>;
}
