//! The statements that read and write the rows of any table on any database: an adapter only has to
//! send them with values, and to read values back.

mod cursors;
mod tables;

pub use self::{
    cursors::{Cursors, Select},
    tables::{column_list, count_rows, table_name, with_derived, written_columns},
};
