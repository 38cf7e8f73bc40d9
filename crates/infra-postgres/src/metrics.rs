//! Metrics of this crate, through the `metrics` facade. Handles are made once, so a recorder must
//! be installed before a store is opened.
//!
//! | name | recorded |
//! |---|---|
//! | `oms_db_pool_connections`, `oms_db_pool_waiting` | when [`PostgresStore::record_pool_metrics`](crate::PostgresStore::record_pool_metrics) is called |
//! | `oms_db_pool_wait_seconds` | when a checkout succeeds or fails |
//! | `oms_placement_batch_size` | when a batch is formed |
//! | `oms_placement_queue_length` | when a call enters or leaves the queue |

use std::time::Instant;

use deadpool::Status;
use metrics::{Gauge, Histogram, gauge, histogram};

pub(crate) struct PoolMetrics {
    idle: Gauge,
    in_use: Gauge,
    waiting: Gauge,
    wait: Histogram,
}

impl PoolMetrics {
    /// The metrics of the pool to `database`: `primary` or `replica`.
    pub(crate) fn new(database: &'static str) -> Self {
        let connections =
            |state| gauge!("oms_db_pool_connections", "database" => database, "state" => state);
        Self {
            idle: connections("idle"),
            in_use: connections("in_use"),
            waiting: gauge!("oms_db_pool_waiting", "database" => database),
            wait: histogram!("oms_db_pool_wait_seconds", "database" => database),
        }
    }

    /// Records how long a checkout that began then has taken.
    pub(crate) fn record_wait(&self, began: Instant) {
        self.wait.record(began.elapsed());
    }

    pub(crate) fn record_status(&self, status: Status) {
        self.idle.set(number(status.available));
        self.in_use.set(number(status.size.saturating_sub(status.available)));
        self.waiting.set(number(status.waiting));
    }
}

pub(crate) struct PlacementMetrics {
    batch_size: Histogram,
    queue_length: Gauge,
}

impl PlacementMetrics {
    pub(crate) fn new() -> Self {
        Self {
            batch_size: histogram!("oms_placement_batch_size"),
            queue_length: gauge!("oms_placement_queue_length"),
        }
    }

    pub(crate) fn record_batch(&self, orders: usize) {
        self.batch_size.record(number(orders));
    }

    pub(crate) fn set_queue_length(&self, length: usize) {
        self.queue_length.set(number(length));
    }
}

/// Converts a count to a float. Counts are far below 2^53, up to which every integer is exact.
fn number(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}
