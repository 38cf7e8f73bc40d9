//! The adapters of this crate against the contract suites of their ports, and tests beyond those.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests may panic, as tests do"
)]

mod cache;
mod hasher;
mod log;
mod order_invalidation;
mod rate_limiter;
mod suites;
mod tokens;
