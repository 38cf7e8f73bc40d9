//! The tables that travel with a whole shop: their columns, and the statements that read and write them on any
//! database.
//!
//! A row is a list of [`Value`]s, in the order of its table's columns. An adapter only has to send statements with
//! values, and to read values back.

mod cursors;
mod tables;
mod value;

pub use self::{
    cursors::{Cursors, Select},
    tables::{Table, into_rows, table},
    value::{Kind, Value},
};
