//! The operators' surface: probes for whoever runs the program, and its numbers.
//!
//! | module | what lives there |
//! |---|---|
//! | `state` | what a program can say about itself |
//! | `access` | what a listener shows, and to whom |
//! | `operator` | who an operator is |
//! | `monitor` | how the dependencies are, asked at most once a second |
//! | `probes`, `view` | `/livez`, `/readyz` and `/metrics` |

mod access;
mod monitor;
mod operator;
pub(crate) mod probes;
mod state;
mod view;

pub use self::{access::Access, state::Operators};
