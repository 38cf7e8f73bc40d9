//! Statements that read and write the rows of any table on any database. Adapters send them with
//! values and read values.

mod cursors;
mod tables;

pub use self::{
    cursors::{Cursors, Select},
    tables::{column_list, count_rows, table_name, with_derived, written_columns},
};
