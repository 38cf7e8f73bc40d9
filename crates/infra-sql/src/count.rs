//! Counts as databases and their drivers return them.

use crate::Unreadable;

/// A count as a number of things. `id` names what is counted, for the error.
///
/// # Errors
/// [`Unreadable`] if it is negative.
pub fn read_count(table: &'static str, id: &dyn ToString, value: i64) -> Result<u64, Unreadable> {
    u64::try_from(value)
        .map_err(|_negative| Unreadable::new(table, id, &format!("a count of {value}")))
}

/// How many rows a statement changed.
pub fn row_count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
