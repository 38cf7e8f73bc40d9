//! Property tests of the domain's rules and parsers, on random inputs.
//!
//! [`shop`] is a store without a database: it applies the decisions of the domain and makes none
//! itself. The other modules check its state, and the parsers.

mod accounts;
mod actions;
mod batches;
mod credentials;
mod lifecycle;
mod money;
mod parsing;
mod shop;
