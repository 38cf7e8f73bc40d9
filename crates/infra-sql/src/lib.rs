//! What the stores on SQL databases share, independent of the database.
//!
//! | module | content |
//! |---|---|
//! | `rows` | one type for each kind of row that a port reads, and its conversion to the domain's |
//! | `tables` | the tables that every database has |
//! | [`archive`] | statements that copy a whole shop, table by table, for any database |
//! | [`audit`] | queries of rules and references that run on every database |
//! | `backfill` | rewriting columns that the program computes, after a migration |
//! | `schema_state` | the comparison of a database's migrations with the program's |
//! | `batcher`, `session_batcher` | batches of requests that arrive while others are in progress |
//! | `order_scan` | where a page of orders begins |
//! | `time_range` | the ends of a range of timestamps |
//! | `column_types` | the types that the query builder assumes for a table's columns |
//! | `error`, `count` | errors and counts that do not depend on the database |
//!
//! A row type has its columns in the order in which an adapter selects them. Where databases have
//! different column types, as for timestamps, the adapter has a type that implements
//! [`ColumnValue`] for the domain's type.

pub mod archive;
pub mod audit;
mod backfill;
mod batcher;
mod column_types;
mod column_value;
mod count;
mod error;
mod order_scan;
mod rows;
mod schema_state;
mod session_batcher;
mod tables;
mod time_range;

pub use backfill::{Backfill, ROWS_PER_CHUNK, log_taken_address, new_address};
pub use batcher::{BatchLost, Batcher};
pub use column_types::{ColumnType, ColumnTypes, TypeName};
pub use column_value::ColumnValue;
pub use count::{OrderCounter, read_count, row_count};
pub use error::{Panicked, Unreadable, mark_failed};
pub use order_scan::{OrderScan, ScanStart};
pub use rows::*;
pub use schema_state::{KnownMigrations, SchemaError, SchemaState, check_rewritten};
pub use session_batcher::SessionBatcher;
pub use time_range::{round_down, round_up};
