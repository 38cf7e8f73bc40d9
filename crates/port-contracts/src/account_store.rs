//! What an adapter of the account store has to do.

pub mod registration;
