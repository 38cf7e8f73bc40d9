//! Export and import of a whole shop.
//!
//! [`snapshot`] reads a shop in chunks, [`import`] writes one; [`values`] reads and writes rows of
//! any table.

mod import;
mod snapshot;
mod values;
