//! The handle on a database: what the ports share, and closing it.

use std::sync::Arc;

use domain::StoreError;
use infra_sql::SessionBatcher;

use crate::{
    counts::{self, CounterCompaction, TotalsCache},
    database::{Database, DbOperation},
    health::check::DatabaseCheck,
    journal::SettledNumbers,
    last_success::LastSuccess,
    long_transaction::{AccessMode, LongTransaction},
    orders::queue::PlacementQueue,
    replica::Replica,
};

/// The stores on one PostgreSQL database: one handle implements all ports, and is shared in an
/// `Arc`.
///
/// Any number of processes may use one database. Every row that a decision rests on is locked
/// during the decision, so any process may make it.
pub struct PostgresStore {
    pub(crate) primary: Arc<Database>,
    pub(crate) replica: Option<Replica>,
    pub(crate) placements: PlacementQueue,
    pub(crate) compaction: CounterCompaction,
    pub(crate) totals: TotalsCache,
    pub(crate) settled: SettledNumbers,
    pub(crate) health_check: DatabaseCheck,
    /// Looks up the callers of concurrent requests in batches.
    pub(crate) callers: SessionBatcher,
}

impl PostgresStore {
    /// Places the queued orders, finishes operations in progress, and closes the connections. Later
    /// calls fail with [`StoreError::Unavailable`]. Closing twice does no harm.
    pub async fn close(&self) {
        futures::join!(self.placements.close(), self.compaction.stop());
        self.primary.close().await;
        self.health_check.close().await;
        if let Some(replica) = &self.replica {
            replica.close().await;
        }
    }

    /// Adds the pending changes of counters to the counters, and returns how many there were. The
    /// store also does so in the background; no total changes.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed. Some changes may be compacted already.
    pub async fn compact_counters(&self) -> Result<u64, StoreError> {
        counts::compact_counters(&self.primary, || true).await
    }

    /// Records in metrics how the connections are used now.
    pub fn record_pool_metrics(&self) {
        self.primary.record_pool_metrics();
        if let Some(replica) = &self.replica {
            replica.record_pool_metrics();
        }
    }

    pub(crate) fn last_success(&self) -> &LastSuccess {
        self.primary.last_success()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.primary.is_closed()
    }

    /// Writes, in a transaction that is committed.
    pub(crate) async fn write<O: DbOperation>(&self, operation: &O) -> Result<O::Output, O::Error> {
        self.primary.write(operation).await
    }

    /// Reads without a transaction. Each statement sees the last commit before it.
    pub(crate) async fn read<O: DbOperation>(&self, operation: &O) -> Result<O::Output, O::Error> {
        self.primary.read(operation).await
    }

    /// Reads in a transaction whose statements share one snapshot.
    pub(crate) async fn snapshot<O: DbOperation>(
        &self,
        operation: &O,
    ) -> Result<O::Output, O::Error> {
        self.primary.snapshot(operation).await
    }

    /// Begins a transaction on the whole database, on a connection outside the pool.
    pub(crate) async fn long_transaction(
        &self,
        mode: AccessMode,
    ) -> Result<LongTransaction, StoreError> {
        self.primary.long_transaction(mode).await
    }

    /// Reads one snapshot that may be stale: from the replica if there is one and it is available,
    /// else from the primary.
    pub(crate) async fn lagging_snapshot<O>(&self, operation: &O) -> Result<O::Output, StoreError>
    where
        O: DbOperation<Error = StoreError>,
    {
        if let Some(replica) = &self.replica
            && let Some(output) = replica.snapshot(operation).await
        {
            return Ok(output);
        }
        self.primary.snapshot(operation).await
    }

    /// Reads without a transaction what may be stale, as [`Self::read`] does.
    pub(crate) async fn lagging_read<O>(&self, operation: &O) -> Result<O::Output, StoreError>
    where
        O: DbOperation<Error = StoreError>,
    {
        if let Some(replica) = &self.replica
            && let Some(output) = replica.read(operation).await
        {
            return Ok(output);
        }
        self.primary.read(operation).await
    }
}
