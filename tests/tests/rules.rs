//! The rules for both surfaces, one file for each kind.

mod bodies;
mod callers;
mod errors;
mod headers;
mod numbers;
