//! The stores of the domain on one embedded SQLite file: the default of a small shop, and the fast double
//! of a large one's database in tests.
//!
//! # The map
//!
//! | module | what lives there |
//! |---|---|
//! | `store`, `open` | [`SqliteStore`]: what the ports share, and closing; opening |
//! | `migrate` | [`migrate()`], and whether a schema is the one that this program knows |
//! | `file`, `pragmas` | the file, and how every connection is set up, with reasons |
//! | `writer` | the one thread that writes: the queue, and commits shared by all that waits in it |
//! | `readers`, `long_read` | connections that only read: for a request, for the whole database |
//! | `accounts`, `sessions`, `products`, `orders`, `outbox` | the ports, one module each |
//! | `movements`, `counters` | what several of them write or read |
//! | `schema`, `functions`, `time`, `error` | tables, SQLite's functions, timestamps, failures |
//! | `fields` | columns as this database keeps them, and the rows that have them |
//! | `metrics` | what is measured |
//! | `health` | whether the file is there, and as it should be |
//! | `audit` | whether the books agree |
//! | `archive` | a whole shop, on its way in or out |
//!
//! # How it stays right
//!
//! There is one writer, so a job that reads, lets the domain decide and writes is alone with the data: no
//! row needs a lock. Readers see the last commit and never wait. An acknowledged write is on the disk.
//!
//! Only one process should use the file. Two are safe, as the write lock is the file's own, but each
//! waits for the other, 5 seconds at the most.

mod accounts;
mod archive;
mod audit;
mod counters;
mod error;
mod fields;
mod file;
mod functions;
mod health;
mod long_read;
mod metrics;
mod migrate;
mod movements;
mod open;
mod orders;
mod outbox;
#[cfg(test)]
mod plans;
mod pragmas;
mod products;
mod readers;
mod schema;
mod sessions;
mod store;
mod time;
mod writer;

pub use infra_sql::SchemaError;
pub use migrate::{MigrateError, migrate, revert_all};
pub use open::{OpenError, SqliteOptions};
pub use store::SqliteStore;
