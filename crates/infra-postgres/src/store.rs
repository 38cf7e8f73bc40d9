//! The handle on a database: what the ports share, and closing it.

use std::sync::Arc;

use domain::StoreError;
use infra_sql::SessionBatcher;

use crate::{
    counts::{self, CounterCompaction, TotalsCache},
    database::{Database, DbOperation},
    health::probe::Probe,
    last_success::LastSuccess,
    long_transaction::{AccessMode, LongTransaction},
    orders::queue::PlacementQueue,
    replica::Replica,
};

/// The stores on one PostgreSQL database: all their ports on one handle, to be shared in an `Arc`.
///
/// Any number of processes may use one database. Every row that a decision rests on is locked while it is
/// made, so it does not matter which of them makes it.
pub struct PostgresStore {
    pub(crate) primary: Arc<Database>,
    pub(crate) replica: Option<Replica>,
    /// The queue of orders to be placed.
    pub(crate) placements: PlacementQueue,
    pub(crate) compaction: CounterCompaction,
    pub(crate) totals: TotalsCache,
    pub(crate) probe: Probe,
    /// Finds who calls, for many requests at once.
    pub(crate) callers: SessionBatcher,
}

impl PostgresStore {
    /// Places the orders that are queued, finishes what is under way, and closes the connections. Calls from
    /// then on get [`StoreError::Unavailable`]. Closing twice does no harm.
    pub async fn close(&self) {
        futures::join!(self.placements.close(), self.compaction.stop());
        self.primary.close().await;
        self.probe.close().await;
        if let Some(replica) = &self.replica {
            replica.close().await;
        }
    }

    /// Adds up the changes of counts that have not been added up yet, and returns how many there were. The
    /// store does so by itself in the background; no total changes by it.
    ///
    /// # Errors
    /// [`StoreError`] if the store failed. Some changes may be folded already.
    pub async fn compact_counters(&self) -> Result<u64, StoreError> {
        counts::compact_counters(&self.primary, || true).await
    }

    /// Tells whoever listens through the `metrics` facade how the connections are used now.
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

    /// Reads. Each statement sees the last commit before it.
    pub(crate) async fn read<O: DbOperation>(&self, operation: &O) -> Result<O::Output, O::Error> {
        self.primary.read(operation).await
    }

    /// Reads, in a transaction. All statements see the same moment.
    pub(crate) async fn snapshot<O: DbOperation>(&self, operation: &O) -> Result<O::Output, O::Error> {
        self.primary.snapshot(operation).await
    }

    /// Begins a transaction on the whole database, on a connection beside the pool's.
    pub(crate) async fn long_transaction(
        &self,
        mode: AccessMode,
    ) -> Result<LongTransaction, StoreError> {
        self.primary.long_transaction(mode).await
    }

    /// Reads as of one moment what may be a little old: from the replica, if there is one. While
    /// that is away, from the primary.
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

    /// The same without a transaction, as [`Self::read`].
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
