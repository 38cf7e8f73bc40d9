//! Comparing two snapshots.

use super::{ArchiveSnapshot, ArchiveTable, ImportObserver, Records};
use crate::StoreError;

/// Why two snapshots are not equal, or not known to be.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CompareError {
    /// The snapshots differ: a row of this table is in one of them only, or has other values.
    #[error("the {} differ, at the {}th row or soon after it", table.as_str(), at + 1)]
    Different {
        /// The table that differs.
        table: ArchiveTable,
        /// The number of rows before it, which are equal in both.
        at: u64,
    },
    /// One of the snapshots could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads both snapshots and compares them row by row, with up to `chunk` rows of each in memory at
/// a time. Reports the rows of `a` to the observer.
///
/// # Errors
/// [`CompareError`] at the first difference, or if one cannot be read.
pub async fn compare(
    a: &mut dyn ArchiveSnapshot,
    b: &mut dyn ArchiveSnapshot,
    chunk: u32,
    observer: &mut dyn ImportObserver,
) -> Result<(), CompareError> {
    for table in ArchiveTable::ALL {
        observer.copying(table, a.count(table).await?);
        let mut at = 0;
        loop {
            let (mine, theirs): (Records, Records) =
                (a.next(table, chunk).await?, b.next(table, chunk).await?);
            if mine != theirs {
                return Err(CompareError::Different { table, at });
            }
            if mine.rows.is_empty() {
                break;
            }
            let rows = u64::try_from(mine.rows.len()).unwrap_or(u64::MAX);
            at += rows;
            observer.copied(rows);
        }
    }
    Ok(())
}
