//! Each kind of rows as it is in the tables, to be read and written whole. What stands there for searches alone
//! is made anew from what it was made of.
//!
//! Without `treat_none_as_default_value = false` the query builder would insert the rows of a portion one by one, in
//! a transaction of its own that fails inside the writer's.

mod accounts;
mod orders;
mod outbox;
mod products;

use domain::Timestamp;

pub(super) use self::{
    accounts::{AccountRow, SessionRow},
    orders::{EventRow, LineRow, OrderRow},
    outbox::OutboxRow,
    products::{MovementRow, ProductRow},
};
use crate::{
    error::{Failure, Unreadable},
    time::moment,
};

/// Turns each row into a record, or fails at the first that does not make one.
pub(super) fn each<Row, Record>(
    rows: Vec<Row>,
    into_record: fn(Row) -> Result<Record, Unreadable>,
) -> Result<Vec<Record>, Failure> {
    Ok(rows.into_iter().map(into_record).collect::<Result<_, _>>()?)
}

/// Reads the moments of one row.
struct Moments {
    table: &'static str,
    row: String,
}

impl Moments {
    /// Of the row of that table with that id.
    fn of(table: &'static str, row: &dyn ToString) -> Self {
        Self { table, row: row.to_string() }
    }

    fn read(&self, raw: i64) -> Result<Timestamp, Unreadable> {
        moment(raw).ok_or_else(|| Unreadable::new(self.table, &self.row, &"a moment"))
    }

    fn read_some(&self, raw: Option<i64>) -> Result<Option<Timestamp>, Unreadable> {
        raw.map(|raw| self.read(raw)).transpose()
    }
}
