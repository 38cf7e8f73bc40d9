//! What is measured here, told to whoever listens through the `metrics` facade. Handles are made once: whoever
//! wants to hear has to be there before a store is opened.
//!
//! | name | when |
//! |---|---|
//! | `oms_db_pool_connections`, `oms_db_pool_waiting` | when [`SqliteStore::record_pool_metrics`](crate::SqliteStore::record_pool_metrics) is called: the reading connections |
//! | `oms_db_pool_wait_seconds` | when somebody may read, or waits no longer |
//! | `oms_placement_batch_size` | when a batch is placed |
//! | `oms_placement_queue_length` | when [`SqliteStore::record_pool_metrics`](crate::SqliteStore::record_pool_metrics) is called: all writes that wait, as placements wait among them |

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use metrics::{Gauge, Histogram, gauge, histogram};

/// How the reading connections are used.
pub(crate) struct ReaderMetrics {
    idle: Gauge,
    in_use: Gauge,
    waiting: Gauge,
    wait: Histogram,
    now_waiting: AtomicUsize,
}

/// Somebody who waits to read.
pub(crate) struct Waiting<'a> {
    metrics: &'a ReaderMetrics,
    began: Instant,
}

impl ReaderMetrics {
    /// Those of the one file that a process has.
    pub(crate) fn new() -> Self {
        // There is no copy of it to read from, as there may be of a server's database.
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

    /// Somebody wants to read, and waits until what is returned is dropped.
    pub(crate) fn wait(&self) -> Waiting<'_> {
        self.now_waiting.fetch_add(1, Ordering::Relaxed);
        Waiting { metrics: self, began: Instant::now() }
    }

    pub(crate) fn show(&self, idle: usize, in_use: usize) {
        self.idle.set(number(idle));
        self.in_use.set(number(in_use));
        self.waiting.set(number(self.now_waiting.load(Ordering::Relaxed)));
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.metrics.now_waiting.fetch_sub(1, Ordering::Relaxed);
        self.metrics.wait.record(self.began.elapsed());
    }
}

/// What comes to the writing thread.
pub(crate) struct QueueMetrics {
    length: Gauge,
}

impl QueueMetrics {
    /// Those of the one queue that a process has.
    pub(crate) fn new() -> Self {
        Self { length: gauge!("oms_placement_queue_length") }
    }

    pub(crate) fn show(&self, length: usize) {
        self.length.set(number(length));
    }
}

/// How many orders are placed together.
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

/// Counts here are far below the point from which a float skips whole numbers.
fn number(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}
