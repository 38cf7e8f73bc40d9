//! One type per kind of row that a port reads, and the domain's value that it makes.
//!
//! Beside each row stands a macro with its columns, in the order in which it is read, for the query
//! builder's tables of an adapter.

mod account;
mod event;
mod order;
mod outbox;
mod placement;
mod product;
mod session;

pub use self::{account::*, event::*, order::*, outbox::*, placement::*, product::*, session::*};
