//! The contract of an [`OrderStore`](domain::order::port::OrderStore).

pub mod batches;
pub mod deletion;
pub mod idempotency;
pub mod lifecycle;
pub mod lists;
pub mod placement;
pub mod races;
pub mod restocking;
pub mod search;
pub mod staff_search;
pub mod updates;
