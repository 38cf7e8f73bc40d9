//! Black-box tests: each starts the real `oms` binary on an empty store and sends it HTTP requests.
//! They test the product's contract and depend on no code of the product.
//!
//! All tests run on SQLite; those in `stored` run on PostgreSQL and Redis as well.
//!
//! The binary is the one that cargo builds (`make test` builds it first), or the one that `OMS_BIN`
//! names.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails at the first unexpected value"
)]

mod account_mails;
mod browser;
mod classic;
mod command_line;
mod compression;
mod conditional_requests;
mod configuration;
mod connections;
mod copy;
mod harness;
mod login_log;
mod metrics;
mod operators;
mod outages;
mod password_hashing;
mod public_url;
mod read_only_backup;
mod release;
mod replicas;
mod rules;
mod shutdown;
mod startup;
mod stored;
mod surfaces;
mod system;
mod torture;
mod tour;
mod tracing;
mod user_command;
mod v1;
mod worker;
