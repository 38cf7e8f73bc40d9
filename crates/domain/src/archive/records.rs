//! Rows in plain values, which every database can read and write. The target database checks them
//! with its constraints.

use super::ArchiveTable;
use crate::Timestamp;

/// Rows of one table. They contain hashes and personal data, so they do not implement `Debug`.
#[derive(Clone, PartialEq)]
pub struct Records {
    /// The table of the rows.
    pub table: ArchiveTable,
    /// The rows, each with one value for every [column](ArchiveTable::columns) of the table, in
    /// their order.
    pub rows: Vec<Vec<Value>>,
}

/// A value of a column.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// NULL, of any type.
    Null,
    /// A whole number.
    Number(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A point in time.
    Timestamp(Timestamp),
    /// JSON.
    Json(serde_json::Value),
}
