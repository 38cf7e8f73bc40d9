//! The contract of an [`AccountStore`](domain::account::port::AccountStore).

pub mod addresses;
pub mod changes;
pub mod credential_races;
pub mod deletion;
mod fixture;
pub mod lists;
pub mod login;
pub mod mails;
pub mod passwords;
pub mod races;
pub mod recovery;
pub mod registration;
mod service_fixture;
