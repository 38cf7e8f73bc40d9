//! A whole shop on its way out of a database or into one.
//!
//! [`snapshot`] reads it, a portion at a time: [`portions`] of [`rows`]. [`import`] takes one over: [`inserts`].

mod import;
mod inserts;
mod portions;
mod rows;
mod snapshot;
