//! A snapshot that calls back while it is read.

use async_trait::async_trait;
use domain::{
    StoreError,
    archive::{ArchiveSnapshot, ArchiveTable, Records},
};

/// A snapshot that calls `gate` once, before the first rows of a table are read.
pub(super) struct GatedSnapshot<G> {
    pub(super) inner: Box<dyn ArchiveSnapshot>,
    pub(super) before: ArchiveTable,
    /// An error of the gate becomes the error of the read.
    pub(super) gate: Option<G>,
}

#[async_trait]
impl<G> ArchiveSnapshot for GatedSnapshot<G>
where
    G: FnOnce() -> Result<(), StoreError> + Send,
{
    async fn count(&mut self, table: ArchiveTable) -> Result<u64, StoreError> {
        self.inner.count(table).await
    }

    async fn next(&mut self, table: ArchiveTable, limit: u32) -> Result<Records, StoreError> {
        if table == self.before
            && let Some(gate) = self.gate.take()
        {
            gate()?;
        }
        self.inner.next(table, limit).await
    }
}
