//! v1: users, products with stock, orders that reserve stock. Paths under `/api/v1`.

pub(crate) mod events;
pub(crate) mod orders;
mod page;
pub(crate) mod products;
pub(crate) mod users;
