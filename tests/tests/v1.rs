//! The v1 surface, one file for each of its tables, and one for what its lists have in common.

mod orders;
mod paging;
mod products;
mod users;
