//! Black-box tests: each starts the real `oms` binary on a fresh store and talks HTTP to it. What they
//! expect is the product's contract; they know nothing of the code behind it.
//!
//! All of them run on SQLite; those in `stored` run on PostgreSQL and Redis too.
//!
//! They find the binary where cargo puts it (`make test` builds it first) or where `OMS_BIN` says.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod around;
mod browser;
mod classic;
mod command_line;
mod conditional;
mod configuration;
mod harness;
mod hashing;
mod metrics;
mod moving;
mod operators;
mod outages;
mod release;
mod replicas;
mod rules;
mod shutdown;
mod startup;
mod stored;
mod surfaces;
mod tour;
mod tracing;
mod v1;
mod worker;
