//! Tests of the adapter on a real PostgreSQL server: the suites of the ports, and tests of this
//! adapter alone.
//!
//! `OMS_TEST_POSTGRES_URL` is the URL of the server; each test creates a separate database there.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod activity;
mod archive;
mod audit;
mod counts;
mod database;
mod encryption;
mod events_migration;
mod fixture;
mod hosts;
mod isolation;
mod journal;
mod migrations;
mod opening;
mod outages;
mod pgbouncer;
mod placement;
mod placement_queue;
mod plans;
mod pooler;
mod references;
mod relays;
mod restoring;
mod runtimes;
mod standby;
mod suites;
mod timeouts;
