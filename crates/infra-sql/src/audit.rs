//! The rules of an audit whose queries run on every database, and the references between tables.

mod references;
mod rules;

pub use self::{
    references::{ColumnReference, REFERENCES, reference_queries},
    rules::rule_queries,
};
