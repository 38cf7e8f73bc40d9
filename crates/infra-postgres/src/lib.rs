//! The stores of the domain on PostgreSQL, which any number of processes may share.
//!
//! # Modules
//!
//! | module | contents |
//! |---|---|
//! | `store` | [`PostgresStore`]: what the ports share, and closing it |
//! | `open`, `options` | opening a store |
//! | `migrate` | [`migrate()`], also beside programs that write, and the comparison of a schema with the program's |
//! | `backfill` | rewriting columns that the program computes, after a migration |
//! | `url`, `connect`, `tls` | the database URL, and how a connection is made |
//! | `connection` | one connection: sending statements, and classifying the server's error codes |
//! | `pool` | the connection pool |
//! | `database`, `timeouts` | transactions, their timeouts, and when an operation is retried |
//! | `replica` | the read replica, and the fallback to the primary while it is unavailable |
//! | `accounts`, `sessions`, `products`, `shop` | one port each |
//! | `orders` | the port; [`orders::queue`] places orders in batches |
//! | `journal`, `movements`, `counts` | what several ports write or read |
//! | `bulk_statement` | statements on many rows, with one array per column |
//! | `statement`, `typed_sql` | statements composed of text and values; SQL text with typed rows |
//! | `fields` | column types of this database, and the row types that use them |
//! | `open_transactions` | waiting until all open transactions have ended |
//! | `paging` | offsets and limits of the lists' statements |
//! | `schema`, `error` | tables, errors |
//! | `health`, `last_success` | the health check |
//! | `audit` | checks of the invariants on the live database |
//! | `archive` | export and import of a whole shop |
//! | `metrics` | metrics of the pool and the placement queue |
//! | `long_transaction` | a transaction on the whole database, without the short timeouts |
//!
//! # Consistency
//!
//! Every write locks the rows that its decision rests on, calls the domain's decision, writes the
//! result and commits. No state outlives a transaction on a connection, so a pooler may stand
//! between this program and the server.

mod accounts;
mod archive;
mod audit;
mod backfill;
mod breaker;
mod bulk_statement;
mod connect;
mod connection;
mod counts;
mod database;
mod error;
mod fields;
mod health;
mod journal;
mod last_success;
mod login_networks;
mod long_transaction;
mod metrics;
mod migrate;
mod movements;
mod ngrams;
mod open;
mod open_transactions;
mod options;
mod orders;
mod paging;
mod pool;
mod products;
mod replica;
mod schema;
mod sessions;
mod shop;
mod statement;
mod store;
mod timeouts;
mod tls;
mod typed_sql;
mod url;

pub use connect::ConnectError;
pub use infra_sql::SchemaError;
pub use migrate::{
    MigrateError, MigrationObserver, MigrationProgress, migrate, migrate_observed, revert_all,
};
pub use open::OpenError;
pub use options::{PlacementOptions, PostgresOptions};
pub use store::PostgresStore;
pub use url::{UrlError, check_url};

// The unit tests create databases with the integration tests' file, which names this crate.
#[cfg(test)]
extern crate self as infra_postgres;
#[cfg(test)]
#[path = "../tests/postgres/database.rs"]
mod database_for_tests;
