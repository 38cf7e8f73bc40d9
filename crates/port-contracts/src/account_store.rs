//! The contract of an [`AccountStore`](domain::account::port::AccountStore).

pub mod addresses;
pub mod changes;
pub mod credential_races;
pub mod deletion;
pub mod deletion_races;
mod fixture;
pub mod lists;
pub mod login;
pub mod mails;
pub mod open_orders;
pub mod passwords;
pub mod races;
pub mod recovery;
pub mod registration;
pub mod search;
mod service_fixture;
