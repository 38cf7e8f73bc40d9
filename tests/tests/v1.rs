//! The v1 surface, by subject, and what its lists have in common.

mod login;
mod orders;
mod placement;
mod product_fields;
mod products;
mod registration;
mod users;
