//! The generators of load, all well-kept programs of others: wrk and oha for HTTP, pgbench for PostgreSQL.

pub(crate) mod oha;
pub(crate) mod pgbench;
pub(crate) mod wrk;

use serde::Serialize;

/// What came of one round of load.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Load {
    /// How many requests, or transactions, were answered.
    pub(crate) requests: u64,
    pub(crate) rate: f64,
    /// What half of them took at most, in milliseconds. pgbench does not say.
    pub(crate) p50: Option<f64>,
    /// What 99 of 100 took at most, in milliseconds.
    pub(crate) p99: Option<f64>,
    /// How many were answered otherwise than with success, or not at all.
    pub(crate) errors: u64,
}
