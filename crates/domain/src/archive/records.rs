//! Rows as they travel: what every database keeps of a thing, in plain values. The database that
//! takes one checks it by its constraints.

use super::ArchiveTable;
use crate::Timestamp;

/// Some rows of one kind. They hold hashes and personal data, so they cannot be printed.
#[derive(Clone, PartialEq)]
pub struct Records {
    /// Of which kind they are.
    pub table: ArchiveTable,
    /// The rows, each with a value for every one of the kind's [columns](ArchiveTable::columns), in
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
