//! The load generators, all of them established programs: wrk and oha for HTTP, pgbench for
//! PostgreSQL.

pub(crate) mod oha;
pub(crate) mod pgbench;
pub(crate) mod wrk;

use serde::Serialize;

/// The result of one measurement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Load {
    /// The number of completed requests or transactions.
    pub(crate) requests: u64,
    /// Requests or transactions per second.
    pub(crate) rate: f64,
    /// The median latency in milliseconds. Absent for pgbench.
    pub(crate) p50: Option<f64>,
    /// The 99th percentile of the latency in milliseconds. Absent for pgbench.
    pub(crate) p99: Option<f64>,
    /// The number of responses that were no success, and of broken connections.
    pub(crate) errors: u64,
}
