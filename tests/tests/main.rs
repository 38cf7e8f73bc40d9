//! Black-box tests: each starts the real `oms` binary on a fresh store and talks HTTP to it. What they
//! expect is the product's contract; they know nothing of the code behind it.
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
mod auditing;
mod browser;
mod classic;
mod command_line;
mod concurrency;
mod conditional;
mod configuration;
mod contract;
mod durability;
mod harness;
mod idempotency;
mod lifecycle;
mod metrics;
mod moving;
mod operators;
mod outages;
mod rate_limits;
mod release;
mod replicas;
mod rules;
mod sessions;
mod shutdown;
mod startup;
mod surfaces;
mod tour;
mod tracing;
mod v1;
mod worker;
