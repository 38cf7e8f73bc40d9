//! What holds for every input: the domain's rules as properties, tried on inputs that nobody chose.
//!
//! [`shop`] is a store without a database: it applies what the domain decides and has no rule of its own.
//! The other modules say what must be true of it, and of the parsers.

mod accounts;
mod actions;
mod batches;
mod lifecycle;
mod money;
mod parsing;
mod shop;
