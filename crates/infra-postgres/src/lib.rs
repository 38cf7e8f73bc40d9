//! The stores of the domain on PostgreSQL: many processes, one truth.
//!
//! # The map
//!
//! | module | what lives there |
//! |---|---|
//! | `store` | [`PostgresStore`]: what the ports share, and closing |
//! | `open`, `options` | opening a store |
//! | `migrate` | [`migrate()`], and whether a schema is the one that this program knows |
//! | `url`, `connect`, `tls` | where the server is, and how a connection to it is made |
//! | `connection` | one connection: statements on the wire, and what their failures mean |
//! | `pool` | the connections, each lent to one piece of work at a time |
//! | `database`, `limits` | transactions, how long they may take, and when a piece of work is tried again |
//! | `replica` | a copy to read from, and what happens while it is away |
//! | `accounts`, `sessions`, `products` | the ports, one module each |
//! | `orders` | the port; [`orders::queue`] places them, many at a time |
//! | `outbox`, `movements`, `counts` | what several of the ports write or read |
//! | `columns` | statements on many rows at once |
//! | `statement`, `typed` | statements put together from text and values; statements in SQL with types |
//! | `fields` | columns as this database keeps them, and the rows that have them |
//! | `open_transactions` | waiting until those that are open have ended |
//! | `paging` | what all lists' statements say about their pages |
//! | `schema`, `error` | tables, failures |
//! | `health`, `last_success` | whether the database is there, and as it should be |
//! | `audit` | whether the books agree |
//! | `archive` | a whole shop, on its way in or out |
//! | `metrics` | what is measured |
//! | `long_transaction` | work on the whole database, which takes as long as it takes |
//!
//! # How it stays right
//!
//! A piece of work locks the rows that its decision rests on, lets the domain decide, writes and commits. It
//! relies on nothing that outlives its transaction, so a pooler may stand between here and the server.

mod accounts;
mod archive;
mod audit;
mod bulk_statement;
mod connect;
mod connection;
mod counts;
mod database;
mod error;
mod fields;
mod health;
mod last_success;
mod timeouts;
mod long_transaction;
mod metrics;
mod migrate;
mod movements;
mod ngrams;
mod open;
mod open_transactions;
mod options;
mod orders;
mod outbox;
mod paging;
mod pool;
mod products;
mod replica;
mod schema;
mod sessions;
mod statement;
mod store;
mod tls;
mod typed_sql;
mod url;

pub use connect::ConnectError;
pub use infra_sql::SchemaError;
pub use migrate::{MigrateError, migrate, revert_all};
pub use open::OpenError;
pub use options::{PlacementOptions, PostgresOptions};
pub use store::PostgresStore;
pub use url::UrlError;

// The tests in here make databases as those outside do, and the file that says how names this crate.
#[cfg(test)]
extern crate self as infra_postgres;
#[cfg(test)]
#[path = "../tests/postgres/database.rs"]
mod database_for_tests;
