//! The adapters of this crate against the contracts of their ports, and what they promise beyond them.

mod cache;
mod hasher;
mod rate_limiter;
mod run_to_end;
mod suites;
mod tokens;
