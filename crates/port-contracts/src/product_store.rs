//! What an adapter of the [`ProductStore`](domain::product::port::ProductStore) has to do.

pub mod changes;
pub mod creation;
pub mod lists;
pub mod races;
pub mod versions;
