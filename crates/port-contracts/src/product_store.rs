//! What an adapter of the product store has to do.

pub mod changes;
