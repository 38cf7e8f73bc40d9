//! What an adapter of the [`AccountStore`](domain::account::port::AccountStore) has to do.

pub mod changes;
pub mod erasure;
pub mod lists;
pub mod login;
pub mod races;
pub mod registration;
