//! The rules of an audit whose query runs on every database, and the references between tables.

mod references;
mod rules;

pub use self::{
    references::{REFERENCES, Reference, reference_queries},
    rules::rule_queries,
};
