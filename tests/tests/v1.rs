//! The v1 surface, by subject.

mod login;
mod orders;
mod placement;
mod product_fields;
mod products;
mod registration;
mod users;
