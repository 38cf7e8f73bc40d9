//! The words in which handlers describe themselves: below the surfaces, so that all of them can use it.
//!
//! | module | what lives there |
//! |---|---|
//! | `value_schemas` | the values of a request, with the domain's own bounds |
//! | `enum_schemas` | the closed sets of words: statuses, roles, codes |
//! | `request_schemas` | bodies that are described otherwise than they are read |
//! | `params` | parameters of paths, queries and headers |
//! | `problems` | what each operation answers when it does not succeed |
//! | `problem_examples` | a real problem of each kind |

pub(crate) mod enum_schemas;
pub(crate) mod params;
mod problem_examples;
pub(crate) mod problems;
pub(crate) mod request_schemas;
pub(crate) mod value_schemas;
