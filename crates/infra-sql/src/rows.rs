//! One type for each kind of row that a port reads, and its conversion to a value of the domain.
//!
//! Each row type comes with a macro that lists its columns, in the order in which they are read,
//! for the query builder's tables of an adapter.

mod account;
mod event;
mod order;
mod placement;
mod product;
mod session;
mod shop;
mod subscription;

pub use self::{
    account::*, event::*, order::*, placement::*, product::*, session::*, shop::*, subscription::*,
};
