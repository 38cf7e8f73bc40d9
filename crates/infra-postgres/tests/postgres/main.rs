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
mod moving;
mod opening;
mod outages;
mod outbox;
mod pgbouncer;
mod placing;
mod plans;
mod pooler;
mod queueing;
mod references;
mod runtimes;
mod suites;
mod waiting;
mod watching;
