//! The rules that both surfaces share, one file for each kind.

mod bodies;
mod callers;
mod errors;
mod headers;
mod numbers;
mod parameters;
mod texts;
mod updates;
