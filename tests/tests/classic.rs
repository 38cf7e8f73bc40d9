//! The classic surface: accounts and orders.

mod auth;
mod orders;
