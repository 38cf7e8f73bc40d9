//! The adapters of this crate against real Redis servers: the ports' own suites, two processes on one
//! Redis, and a Redis that dies, hangs, or comes back as it was before.
//!
//! `OMS_TEST_REDIS_URL` names a Redis that may be used, under prefixes of the tests' own. Tests that stop a
//! server start one of their own; `OMS_TEST_REDIS_SERVER` names the program, `redis-server` if absent, and
//! `OMS_TEST_KILL` what sends signals to it, `kill` if absent.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the functions that tests share may stop at the first surprise, as tests do"
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
