//! How much a store may do at once, and how long it waits.

use std::time::Duration;

use crate::timeouts::Timeouts;

/// How much a store may do at once, and how long it waits.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// The most connections to the primary, and as many to the replica.
    pub connections: usize,
    /// How long a piece of work waits for a connection.
    pub connection_wait: Duration,
    /// How long a statement of a transaction may take.
    pub statement_timeout: Duration,
    /// How long a transaction waits for a lock.
    pub lock_timeout: Duration,
    /// After how long the server ends a transaction that does nothing.
    pub idle_timeout: Duration,
    /// How long a whole transaction or read may take, as seen from here.
    pub deadline: Duration,
    /// A copy of the database that may lag behind, for lists of the staff. `None`: the primary serves all.
    pub replica_url: Option<String>,
    /// How orders are placed.
    pub placements: PlacementOptions,
}

/// How orders are placed: those that wait together, together.
#[derive(Debug, Clone, Copy)]
pub struct PlacementOptions {
    /// The most orders that are placed in one transaction. What one caller places at once stays together,
    /// however much it is.
    pub max_batch: usize,
    /// The most such transactions at the same time, each on a connection of its own.
    pub in_flight: usize,
    /// How long orders wait for the batch in flight to finish before they go beside it. Fewer and larger batches are
    /// less work for the server: without it an order costs half as much again.
    pub linger: Duration,
    /// The most callers that wait; further ones wait to be let in, as long as for a connection.
    pub queue: usize,
    /// How long a caller waits for its turn, once it is let in. An order that was not begun by then is not
    /// placed.
    pub queue_timeout: Duration,
}

impl Default for PlacementOptions {
    fn default() -> Self {
        Self {
            max_batch: 128,
            in_flight: 3,
            linger: Duration::from_millis(20),
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
