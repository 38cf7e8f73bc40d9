//! The contract of an [`AccountStore`](domain::account::port::AccountStore).

pub mod changes;
pub mod deletion;
pub mod lists;
pub mod login;
pub mod races;
pub mod registration;
