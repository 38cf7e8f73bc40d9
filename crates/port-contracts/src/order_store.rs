//! What an adapter of the order store has to do.

pub mod placement;
