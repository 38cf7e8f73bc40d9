//! What the tests stand on: the real binary with a fresh store, and clients that talk HTTP to it.
//! No expectation about the product lives here, save for those that hold for every answer.

mod backend;
mod browser;
mod client;
mod collector;
mod commit_proxy;
mod contract;
mod database;
mod keyspace;
mod own_port;
mod private;
mod process;
mod program;
mod raw;
mod reply;
mod server;
mod shape;
mod shop;
mod store;

pub(crate) use backend::provided;
pub(crate) use browser::Browser;
pub(crate) use client::{Call, Client, PASSWORD};
pub(crate) use collector::{Collector, span};
pub(crate) use commit_proxy::CommitProxy;
pub(crate) use contract::Contract;
pub(crate) use database::sql;
pub(crate) use keyspace::ask_redis;
pub(crate) use own_port::{at_own_port, of_worker, own_port};
pub(crate) use private::{Mail, MailServer, PrivatePostgres, PrivateRedis};
pub(crate) use process::Process;
pub(crate) use program::{Exit, Program, binary};
pub(crate) use raw::{Connection, ORDER, no_longer_listens, order_in_flight};
pub(crate) use reply::Reply;
pub(crate) use server::{ADMIN_EMAIL, Server, ServerBuilder};
pub(crate) use shape::shape;
pub(crate) use shop::{ids_of, walk_by_cursor};
pub(crate) use store::Store;

use std::time::{Duration, Instant};

use uuid::Uuid;

/// How long anything may take before a test gives up on it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A name that nothing else has, in letters and digits.
fn unique_name() -> String {
    format!("oms_test_{}", Uuid::now_v7().simple())
}

/// Asks again and again until the answer is yes, or the deadline has passed.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < DEADLINE, "still not so after {DEADLINE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// How long after a change another replica may still show what was before it.
pub(crate) const A_SECOND: Duration = Duration::from_secs(1);

/// Asks another replica again and again until it shows a change that was just answered. What is asked more than a
/// second after the change may show nothing else.
pub(crate) async fn within_a_second(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let changed = Instant::now();
    loop {
        let asked = changed.elapsed();
        if holds().await {
            return;
        }
        assert!(asked <= A_SECOND, "still not so {asked:?} after the change: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// How much of something a test does: little in every run, more where `OMS_TEST_LONG` is set, as `make test-long`
/// does.
pub(crate) fn rounds(short: usize, long: usize) -> usize {
    if std::env::var_os("OMS_TEST_LONG").is_some() { long } else { short }
}

/// Whether the servers that tests share go away with the run, and nothing that is left on them matters.
fn servers_are_thrown_away() -> bool {
    std::env::var_os("OMS_TEST_THROWAWAY").is_some()
}
