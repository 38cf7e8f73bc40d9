//! What is measured here, told to whoever listens through the `metrics` facade. Handles are made once: whoever
//! wants to hear has to be there before a store is opened.
//!
//! | name | when |
//! |---|---|
//! | `oms_db_pool_connections`, `oms_db_pool_waiting` | when [`PostgresStore::record_pool_metrics`](crate::PostgresStore::record_pool_metrics) is called |
//! | `oms_db_pool_wait_seconds` | when somebody was given a connection, or was not |
//! | `oms_placement_batch_size` | when a batch is formed |
//! | `oms_placement_queue_length` | when somebody comes or goes |

use std::time::Instant;

use deadpool::Status;
use metrics::{Gauge, Histogram, gauge, histogram};

/// How a pool is used.
pub(crate) struct PoolMetrics {
    idle: Gauge,
    in_use: Gauge,
    waiting: Gauge,
    wait: Histogram,
}

impl PoolMetrics {
    /// Those of the pool to that database: `primary`, `replica`.
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

    /// Somebody wanted a connection at that moment, and has it now, or does not wait any longer.
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
    /// Those of the one queue that a process has.
    pub(crate) fn new() -> Self {
        Self {
            batch_size: histogram!("oms_placement_batch_size"),
            queue_length: gauge!("oms_placement_queue_length"),
        }
    }

    pub(crate) fn record_batch(&self, orders: usize) {
        self.batch_size.record(number(orders));
    }

    /// So many requests wait from now on.
    pub(crate) fn set_queue_length(&self, length: usize) {
        self.queue_length.set(number(length));
    }
}

/// Counts here are far below the point from which a float skips whole numbers.
fn number(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}
