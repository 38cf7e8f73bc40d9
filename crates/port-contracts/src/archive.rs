//! The contract of an [`ArchiveSource`] and an [`ArchiveTarget`], between which a shop is copied.
//!
//! Each case copies a shop from one fixture to another. Both may use the same kind of database, or
//! two kinds.

use std::{future::Future, sync::Arc};

use domain::archive::{
    ArchiveSource, ArchiveTable, ArchiveTarget, ImportError, ImportObserver, compare,
};

use crate::{StoreFixture, Stores, stores::within_timeout};

pub mod after_copy;
pub mod atomicity;
pub mod busy_shop;
pub mod copying;
mod gated_snapshot;
pub mod snapshots;

/// One of the two databases of a case.
pub struct ArchiveFixture {
    /// The stores of the database.
    pub stores: Stores,
    /// The archive source of the same database.
    pub source: Arc<dyn ArchiveSource>,
    /// The archive target of the same database.
    pub target: Arc<dyn ArchiveTarget>,
}

impl ArchiveFixture {
    fn of(fixture: &impl StoreFixture<Store: ArchiveSource + ArchiveTarget>) -> Self {
        Self { stores: fixture.stores(), source: fixture.store(), target: fixture.store() }
    }

    /// Imports a snapshot of another database.
    async fn import_from(&self, from: &Self) -> Result<CountingObserver, ImportError> {
        let mut snapshot = from.source.snapshot().await.expect("a shop can be read");
        let mut counts = CountingObserver::default();
        self.target.import(snapshot.as_mut(), &mut counts).await?;
        Ok(counts)
    }

    /// The number of rows of each table.
    async fn counts(&self) -> Vec<u64> {
        let mut snapshot = self.source.snapshot().await.expect("a shop can be read");
        let mut counts = Vec::new();
        for table in ArchiveTable::ALL {
            counts.push(snapshot.count(table).await.expect("rows can be counted"));
        }
        counts
    }
}

/// Checks that two databases have equal rows, and returns their number.
async fn assert_same_rows(one: &ArchiveFixture, other: &ArchiveFixture) -> u64 {
    let mut one = one.source.snapshot().await.expect("a shop can be read");
    let mut other = other.source.snapshot().await.expect("a shop can be read");
    let mut counts = CountingObserver::default();
    let same = compare(one.as_mut(), other.as_mut(), 97, &mut counts).await;
    assert!(same.is_ok(), "{same:?}");
    counts.tables.iter().map(|(_, _, copied)| copied).sum()
}

/// Records the progress of an import: for each table, the announced and the copied number of rows.
#[derive(Debug, Default)]
struct CountingObserver {
    tables: Vec<(ArchiveTable, u64, u64)>,
}

impl ImportObserver for CountingObserver {
    fn copying(&mut self, table: ArchiveTable, rows: u64) {
        self.tables.push((table, rows, 0));
    }

    fn copied(&mut self, rows: u64) {
        self.tables.last_mut().expect("rows of an announced table").2 += rows;
    }
}

/// Runs one case on two databases, then audits both. The suite's macro calls this.
pub async fn run<C: Future<Output = ()>>(
    from: impl StoreFixture<Store: ArchiveSource + ArchiveTarget>,
    to: impl StoreFixture<Store: ArchiveSource + ArchiveTarget>,
    case: impl FnOnce(ArchiveFixture, ArchiveFixture) -> C,
) {
    within_timeout(case(ArchiveFixture::of(&from), ArchiveFixture::of(&to))).await;
    assert_eq!(from.findings().await, [], "the audit finds nothing in the source");
    assert_eq!(to.findings().await, [], "the audit finds nothing in the target");
}
