//! Copies of a whole shop out of a SQLite file or into one.
//!
//! [`snapshot`] reads a shop in chunks, [`import`] writes one, [`values`] reads and writes rows of
//! any table.

mod import;
mod snapshot;
mod values;
