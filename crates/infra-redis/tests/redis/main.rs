//! The adapters of this crate against real Redis servers: the ports' contract suites, two processes
//! on one Redis, and a Redis that dies, hangs, or is restored from a snapshot.
//!
//! `OMS_TEST_REDIS_URL` names a Redis that tests share, each under a unique prefix. Tests that stop
//! a server start their own: `OMS_TEST_REDIS_SERVER` names the program, by default `redis-server`,
//! and `OMS_TEST_KILL` the program that sends signals to it, by default `kill`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests may panic, as tests do"
)]

mod access;
mod cache;
mod events;
mod fixture;
mod limits;
mod log;
mod outages;
mod proxy;
mod restarts;
mod runtimes;
mod server;
mod suites;
mod tls;
