//! What the stores on SQL databases share and neither database knows.
//!
//! | module | what lives there |
//! |---|---|
//! | `rows` | one type per kind of row that a port reads, and the domain's value that it makes |
//! | `tables` | the tables that every database has |
//! | [`archive`] | the tables that travel with a whole shop, column by column, for any database |
//! | [`audit`] | the rules' queries and the references, where one text runs on every database |
//! | `schema_state` | how a database's migrations compare with those that a program knows |
//! | `batcher`, `session_batcher` | requests that arrive while others are answered, answered together |
//! | `time_range` | the ends of a range of timestamps |
//! | `column_types` | what the query builder takes a table's columns for |
//! | `error`, `count` | failures and counts that do not depend on the database |
//!
//! A row has the columns in the order in which an adapter selects them. What databases keep in
//! different types, such as timestamps, is read by the adapter as a type of its own, which is a
//! [`Field`] of the domain's type.

pub mod archive;
pub mod audit;
mod batcher;
mod column_types;
mod count;
mod error;
mod field;
mod rows;
mod schema_state;
mod session_batcher;
mod tables;
mod time_range;

pub use batcher::{BatchLost, Batcher};
pub use column_types::{ColumnType, ColumnTypes, TypeName};
pub use count::{KeptCount, read_count, row_count};
pub use error::{Panicked, Unreadable, mark_failed};
pub use field::Field;
pub use rows::*;
pub use schema_state::{KnownMigrations, SchemaError, SchemaState};
pub use session_batcher::SessionBatcher;
pub use time_range::{round_down, round_up};
