//! Building blocks of the OpenAPI descriptions of handlers, shared by all surfaces.
//!
//! | module | contents |
//! |---|---|
//! | `value_schemas` | schemas of request values, with the bounds of the domain |
//! | `enum_schemas` | enums: order statuses, roles, problem codes |
//! | `request_schemas` | request bodies whose schema differs from their Rust type |
//! | `params` | path, query and header parameters |
//! | `problems` | the error responses of each operation |
//! | `problem_examples` | an example of each problem |

pub(crate) mod enum_schemas;
pub(crate) mod params;
mod problem_examples;
pub(crate) mod problems;
pub(crate) mod request_schemas;
pub(crate) mod value_schemas;
