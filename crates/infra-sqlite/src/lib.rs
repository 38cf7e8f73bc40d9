//! The stores of the domain on one embedded SQLite file: the default for a small shop, and fast in
//! tests of programs that use PostgreSQL in production.
//!
//! # Modules
//!
//! | module | content |
//! |---|---|
//! | `store`, `open` | [`SqliteStore`]: what the ports share, opening and closing |
//! | `migrate` | [`migrate()`], and the comparison of the schema with the program's |
//! | `file`, `pragmas` | the file, and the settings of every connection, with reasons |
//! | `lock` | [`ExclusiveLock`]: one program at a time that serves a file |
//! | `writer` | the one thread that writes: its queue, and group commits |
//! | `readers`, `long_read` | read connections: for one request, or for the whole database |
//! | `accounts`, `sessions`, `login_networks`, `products`, `orders`, `journal`, `shop` | the ports, one module each |
//! | `movements`, `counters` | writes and reads that several of them share |
//! | `schema`, `functions`, `time`, `error` | tables, SQLite's functions, timestamps, errors |
//! | `fields` | columns whose types are SQLite's own, and the row types that use them |
//! | `metrics` | metrics |
//! | `health` | the health check of the file |
//! | `audit` | the audit of the invariants |
//! | `backfill` | rewriting columns that the program computes, after a migration |
//! | `archive` | export and import of a whole shop |
//!
//! # Consistency
//!
//! There is one writer, so a job that reads, lets the domain decide and writes needs no row locks:
//! no other write runs at the same time. Readers see the last commit and never wait. An
//! acknowledged write is on the disk.
//!
//! Only one process at a time should serve the file: it takes an [`ExclusiveLock`]. Others may open
//! it for a while, to read or to change a little. The file has one write lock, for which each waits
//! for up to 5 seconds.

mod accounts;
mod archive;
mod audit;
mod backfill;
mod counters;
mod error;
mod fields;
mod file;
mod functions;
mod health;
mod journal;
mod lock;
mod login_networks;
mod long_read;
mod metrics;
mod migrate;
mod movements;
mod open;
mod orders;
#[cfg(test)]
mod plans;
mod pragmas;
mod products;
mod readers;
mod schema;
mod sessions;
mod shop;
mod store;
mod time;
mod writer;

pub use infra_sql::SchemaError;
pub use lock::{ExclusiveLock, LockError};
pub use migrate::{MigrateError, migrate, refuse_foreign, revert_all};
pub use open::{OpenError, SqliteOptions};
pub use store::SqliteStore;
