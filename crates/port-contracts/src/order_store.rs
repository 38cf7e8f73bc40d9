//! What an adapter of the [`OrderStore`](domain::order::port::OrderStore) has to do.

pub mod batches;
pub mod deletion;
pub mod idempotency;
pub mod lifecycle;
pub mod lists;
pub mod placement;
pub mod races;
pub mod restocking;
pub mod search;
