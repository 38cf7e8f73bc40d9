//! Whether two snapshots hold the same shop.

use super::{ArchiveSnapshot, ArchiveTable, ImportObserver, Records};
use crate::StoreError;

/// Why two snapshots are not known to be the same.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CompareError {
    /// They are not: one has a row of this kind that the other has not, or has otherwise.
    #[error("the {} differ, at the {}th row or soon after it", table.as_str(), at + 1)]
    Different {
        /// The kind of rows.
        table: ArchiveTable,
        /// How many rows before are known to be the same.
        at: u64,
    },
    /// One of them could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads both from their first row to the last and compares each with its counterpart. `portion` rows of each are
/// in memory at a time. The observer hears of the rows of `a`.
///
/// # Errors
/// [`CompareError`] at the first difference, or if one cannot be read.
pub async fn compare(
    a: &mut dyn ArchiveSnapshot,
    b: &mut dyn ArchiveSnapshot,
    portion: u32,
    observer: &mut dyn ImportObserver,
) -> Result<(), CompareError> {
    for table in ArchiveTable::ALL {
        observer.copying(table, a.count(table).await?);
        let mut at = 0;
        loop {
            let (mine, theirs): (Records, Records) =
                (a.next(table, portion).await?, b.next(table, portion).await?);
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
