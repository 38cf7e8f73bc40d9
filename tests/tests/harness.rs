//! What the tests stand on: the real binary with a fresh store, and clients that talk HTTP to it.
//! No expectation about the product lives here, save for those that hold for every answer.

mod backend;
mod browser;
mod client;
mod collector;
mod contract;
mod database;
mod keyspace;
mod own_port;
mod process;
mod program;
mod raw;
mod reply;
mod server;
mod shape;
mod shop;
mod store;

pub(crate) use browser::Browser;
pub(crate) use client::{Call, Client, PASSWORD};
pub(crate) use collector::{Collector, span};
pub(crate) use contract::Contract;
pub(crate) use database::sql;
pub(crate) use own_port::{at_own_port, of_worker, own_port};
pub(crate) use process::Process;
pub(crate) use program::{Exit, Program, binary};
pub(crate) use raw::{Connection, ORDER, no_longer_listens, order_in_flight};
pub(crate) use reply::Reply;
pub(crate) use server::{ADMIN_EMAIL, Server, ServerBuilder};
pub(crate) use shape::shape;
pub(crate) use shop::{ids_of, server_of_ann, shop, walk_by_cursor};
pub(crate) use store::Store;
pub(crate) use test_services::{
    CommitProxy, DEADLINE, Mail, MailServer, Postgres, Redis, ask_redis, eventually, provided,
};

use std::time::{Duration, Instant};

use uuid::Uuid;

/// A name that nothing else has, in letters and digits.
fn unique_name() -> String {
    format!("oms_test_{}", Uuid::now_v7().simple())
}

/// Asks another replica again and again until it shows a change that was just answered, and some more: from then on it
/// shows nothing else. What is asked more than a second after the change may show nothing else either.
pub(crate) async fn within_a_second(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let changed = Instant::now();
    loop {
        let asked = changed.elapsed();
        if holds().await {
            break;
        }
        assert!(asked <= Duration::from_secs(1), "still not so {asked:?} after it: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for _ in 0..20 {
        assert!(holds().await, "it was so, and is so no more: {what}");
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
