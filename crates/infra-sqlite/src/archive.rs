//! A whole shop on its way out of a SQLite file or into one.
//!
//! [`snapshot`] reads it, a chunk at a time, [`import`] takes one over; [`values`] reads and writes rows of any table.

mod import;
mod snapshot;
mod values;
