//! The contract of an [`AccountStore`](domain::account::port::AccountStore).

pub mod changes;
pub mod deletion;
pub mod deletion_races;
pub mod lists;
pub mod login;
pub mod open_orders;
pub mod races;
pub mod registration;
pub mod search;
