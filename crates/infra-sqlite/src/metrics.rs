//! Metrics of this store, through the `metrics` facade. The handles are made when a store is
//! opened, so a recorder must be installed before that.
//!
//! | name | recorded |
//! |---|---|
//! | `oms_db_pool_connections`, `oms_db_pool_waiting` | when [`SqliteStore::record_pool_metrics`](crate::SqliteStore::record_pool_metrics) is called: the read connections |
//! | `oms_db_pool_wait_seconds` | when a read gets a connection or gives up waiting |
//! | `oms_placement_batch_size` | when a batch is placed |
//! | `oms_placement_queue_length` | when [`SqliteStore::record_pool_metrics`](crate::SqliteStore::record_pool_metrics) is called: all queued writes, as placements are among them |

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use metrics::{Gauge, Histogram, gauge, histogram};

/// Metrics of the read connections.
pub(crate) struct ReaderMetrics {
    idle: Gauge,
    in_use: Gauge,
    waiting: Gauge,
    wait: Histogram,
    now_waiting: AtomicUsize,
}

/// A read that waits for a connection. Its drop ends the wait.
pub(crate) struct ReaderWait<'a> {
    metrics: &'a ReaderMetrics,
    began: Instant,
}

impl ReaderMetrics {
    /// The metrics of the one file of a process.
    pub(crate) fn new() -> Self {
        // A file has no replica, unlike a server's database.
        let database = "primary";
        let connections =
            |state| gauge!("oms_db_pool_connections", "database" => database, "state" => state);
        Self {
            idle: connections("idle"),
            in_use: connections("in_use"),
            waiting: gauge!("oms_db_pool_waiting", "database" => database),
            wait: histogram!("oms_db_pool_wait_seconds", "database" => database),
            now_waiting: AtomicUsize::new(0),
        }
    }

    /// Counts a waiting read until the returned value is dropped.
    pub(crate) fn wait(&self) -> ReaderWait<'_> {
        self.now_waiting.fetch_add(1, Ordering::Relaxed);
        ReaderWait { metrics: self, began: Instant::now() }
    }

    pub(crate) fn record(&self, idle: usize, in_use: usize) {
        self.idle.set(number(idle));
        self.in_use.set(number(in_use));
        self.waiting.set(number(self.now_waiting.load(Ordering::Relaxed)));
    }
}

impl Drop for ReaderWait<'_> {
    fn drop(&mut self) {
        self.metrics.now_waiting.fetch_sub(1, Ordering::Relaxed);
        self.metrics.wait.record(self.began.elapsed());
    }
}

/// Metrics of the write queue.
pub(crate) struct QueueMetrics {
    length: Gauge,
}

impl QueueMetrics {
    /// The metrics of the one queue of a process.
    pub(crate) fn new() -> Self {
        Self { length: gauge!("oms_placement_queue_length") }
    }

    pub(crate) fn record(&self, length: usize) {
        self.length.set(number(length));
    }
}

/// Metrics of orders that are placed together.
pub(crate) struct BatchMetrics {
    size: Histogram,
}

impl BatchMetrics {
    pub(crate) fn new() -> Self {
        Self { size: histogram!("oms_placement_batch_size") }
    }

    pub(crate) fn batch_formed(&self, orders: usize) {
        self.size.record(number(orders));
    }
}

/// A count as a float, up to `u32::MAX`, which is far more than counts here reach.
fn number(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}
