//! The contract of a [`ProductStore`](domain::product::port::ProductStore).

pub mod changes;
pub mod creation;
pub mod lists;
pub mod maximum;
pub mod races;
pub mod versions;
