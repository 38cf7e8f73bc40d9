//! Sizes and timeouts of a store.

use std::time::Duration;

use crate::timeouts::Timeouts;

/// Sizes and timeouts of a store.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// The most connections to the primary, and the most to the replica.
    pub connections: usize,
    /// How long an operation waits for a free connection.
    pub connection_wait: Duration,
    /// How long a statement may take. Behind a pooler this holds inside transactions only.
    pub statement_timeout: Duration,
    /// How long a transaction waits for a lock.
    pub lock_timeout: Duration,
    /// How long a transaction may be idle before the server ends it.
    pub idle_timeout: Duration,
    /// How long a whole transaction or read may take, measured by this program.
    pub deadline: Duration,
    /// The URL of a read replica, which may lag behind, for the staff's lists. `None`: the primary
    /// serves them.
    pub replica_url: Option<String>,
    /// How orders are batched.
    pub placements: PlacementOptions,
}

/// How orders are batched: those that wait at the same time are placed in one transaction.
#[derive(Debug, Clone, Copy)]
pub struct PlacementOptions {
    /// The most orders in one transaction. The orders of one call stay together, even if they are
    /// more.
    pub max_batch: usize,
    /// The most such transactions at the same time, each on its own connection.
    pub in_flight: usize,
    /// How long queued orders wait for the batch in flight to finish before another batch starts in
    /// parallel. Fewer and larger batches are less work for the server: without the linger an order
    /// costs 50% more. With a long one the server waits for the program and the program for the
    /// server: `order-lean` falls by a sixth with 20 ms.
    pub linger: Duration,
    /// The most calls in the queue. Further callers wait for a place, up to `connection_wait`.
    pub queue: usize,
    /// How long a call may be queued before its batch starts. Its orders are not placed after that.
    pub queue_timeout: Duration,
}

impl Default for PlacementOptions {
    fn default() -> Self {
        Self {
            max_batch: 128,
            in_flight: 3,
            linger: Duration::from_millis(5),
            queue: 1024,
            queue_timeout: Duration::from_secs(20),
        }
    }
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            connections: 16,
            connection_wait: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            lock_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(15),
            deadline: Duration::from_secs(20),
            replica_url: None,
            placements: PlacementOptions::default(),
        }
    }
}

impl PostgresOptions {
    pub(crate) fn timeouts(&self) -> Timeouts {
        Timeouts {
            statement: self.statement_timeout,
            lock: self.lock_timeout,
            idle: self.idle_timeout,
            transaction: self.deadline,
        }
    }
}
