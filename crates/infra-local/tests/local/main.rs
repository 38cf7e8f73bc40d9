//! The adapters of this crate against the contracts of their ports, and what they promise beyond them.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the functions that tests share may stop at the first surprise, as tests do"
)]

mod answers;
mod cache;
mod hasher;

mod rate_limiter;
mod suites;
mod telling;
mod tokens;
