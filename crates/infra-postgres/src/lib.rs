//! The stores of the domain on PostgreSQL: many processes, one truth.
//!
//! # The map
//!
//! | module | what lives there |
//! |---|---|
//! | `store` | [`PostgresStore`]: opening and closing |
//! | `migrate` | [`migrate()`], and whether a schema is the one that this program knows |
//! | `url`, `connect` | where the server is, and how a connection to it is made |
//! | `connection` | one connection: statements on the wire, and what their failures mean |
//! | `pool` | the connections, each lent to one piece of work at a time |
//! | `database` | transactions, and when a piece of work is tried again |
//! | `outbox`, `movements` | what several of the ports write |
//! | `schema`, `error` | tables, failures |
//!
//! # How it stays right
//!
//! A piece of work locks the rows that its decision rests on, lets the domain decide, writes and commits. It
//! relies on nothing that outlives its transaction, so a pooler may stand between here and the server.

mod connect;
mod connection;
mod database;
mod error;
mod migrate;
mod movements;
mod outbox;
mod pool;
mod schema;
mod store;
mod url;

pub use connect::ConnectError;
pub use migrate::{MigrateError, migrate, revert_all};
pub use store::{OpenError, PostgresOptions, PostgresStore};
pub use url::UrlError;
