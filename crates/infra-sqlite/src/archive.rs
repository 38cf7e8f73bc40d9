//! A whole shop on its way out of a SQLite file or into one.
//!
//! [`snapshot`] reads it, [`import`] takes one over; [`rows`] has each kind of rows, as it is in the tables and as it
//! travels.

mod import;
mod rows;
mod snapshot;
