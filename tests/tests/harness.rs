//! The test harness: starts the real binary on an empty store and sends HTTP requests to it. It
//! only checks what holds for every response of the product.

mod account_mail;
mod backend;
mod browser;
mod client;
mod collector;
mod contract;
mod database;
mod operator_port;
mod path_proxy;
mod process;
mod program;
mod raw;
mod redis_namespace;
mod response;
mod server;
mod shop;
mod snapshot;
mod store;

pub(crate) use account_mail::{
    ADDRESS_CHANGE_NOTICE, CONFIRM_ADDRESS, PASSWORD_CHANGED, RESET_PASSWORD, link_in, mail_to,
    mails_to, nth_mail_to, token_in,
};
pub(crate) use browser::Browser;
pub(crate) use client::{Client, PASSWORD, PendingRequest};
pub(crate) use collector::{Collector, span};
pub(crate) use contract::Contract;
pub(crate) use database::sql;
pub(crate) use operator_port::{operator_client, operator_port, worker_client};
pub(crate) use path_proxy::PathProxy;
pub(crate) use process::Process;
pub(crate) use program::{Program, ProgramOutput, binary};
pub(crate) use raw::{Connection, ORDER_BODY, order_in_flight, wait_until_not_listening};
pub(crate) use response::Response;
pub(crate) use server::{ADMIN_EMAIL, Server, ServerBuilder};
pub(crate) use shop::{ids_of, nothing_waits, server_with_customer, shop, walk_by_cursor};
pub(crate) use snapshot::assert_snapshot;
pub(crate) use store::Store;
pub(crate) use test_services::{
    CommitProxy, DEADLINE, FaultProxy, Mail, MailServer, Postgres, ProxyMode, Redis, eventually,
    free_port, provided, redis_command, redis_text,
};

use std::time::{Duration, Instant};

use uuid::Uuid;

/// A unique name of letters, digits and underscores.
fn unique_name() -> String {
    format!("oms_test_{}", Uuid::now_v7().simple())
}

/// Polls another replica for a change that was just acknowledged. The change must show within a
/// second, and from then on in every response.
pub(crate) async fn within_a_second(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let changed = Instant::now();
    loop {
        let elapsed = changed.elapsed();
        if condition().await {
            break;
        }
        assert!(elapsed <= Duration::from_secs(1), "still not true after {elapsed:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for _ in 0..20 {
        assert!(condition().await, "it was true and is no longer: {what}");
    }
}

/// How many iterations a test runs: few by default, many where `OMS_TEST_LONG` is set, as `make
/// test-long` does.
pub(crate) fn iterations(short: usize, long: usize) -> usize {
    if std::env::var_os("OMS_TEST_LONG").is_some() { long } else { short }
}

/// Whether the shared PostgreSQL and Redis end with the test run, so that tests need not clean up
/// on them.
fn servers_are_disposable() -> bool {
    std::env::var_os("OMS_TEST_THROWAWAY").is_some()
}
