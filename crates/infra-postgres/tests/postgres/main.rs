//! The adapter against a real PostgreSQL server: the ports' own suites, and what is this adapter's alone.
//!
//! The server is named by `OMS_TEST_POSTGRES_URL`; each test makes a database of its own there.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod audit;
mod counts;
mod database;
mod encryption;
mod fixture;
mod hosts;
mod isolation;
mod migrations;
mod archive;
mod opening;
mod outages;
mod outbox;
mod pgbouncer;
mod placement;
mod plans;
mod pooler;
mod placement_queue;
mod references;
mod runtimes;
mod suites;
mod timeouts;
mod activity;
