//! Servers for tests. Each server belongs to one test, which may stop it, kill it, cut its
//! connections, and start it again, unlike the servers that tests share.
//!
//! The programs are those that `tests/with-services` finds. This crate does not depend on the
//! product.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "this crate is test code: a panic is how a test fails"
)]

mod commit_proxy;
mod fault_proxy;
mod mail;
mod postgres;
mod process;
mod redis;
#[cfg(test)]
mod tests;

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher as _,
    net::TcpListener,
    time::{Duration, Instant},
};

pub use commit_proxy::CommitProxy;
pub use fault_proxy::{FaultProxy, ProxyMode};
pub use mail::{Mail, MailServer, MailSettings, SmtpAction, SmtpStage};
pub use postgres::{
    PASSWORD, PASSWORD_IN_URL, Postgres, chown_to_server_user, run_as_server_user, server_directory,
};
pub use redis::{Redis, redis_command, redis_text};

/// How long a test waits for a condition before it fails.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Checks repeatedly until the condition holds. Panics after [`DEADLINE`].
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < DEADLINE, "still not so after {DEADLINE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The value of an environment variable that `tests/with-services` sets.
pub fn provided(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run `make test`, or the tests under tests/with-services")
    })
}

/// A free port of 127.0.0.1 below the range for outgoing connections, so that it stays free while a
/// server is down.
pub fn free_port() -> u16 {
    loop {
        let random = RandomState::new().hash_one("a port") % 12_000;
        let port = 20_000 + u16::try_from(random).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
