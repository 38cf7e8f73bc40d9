//! The classic surface, one file for accounts and one for orders.

mod auth;
mod orders;
