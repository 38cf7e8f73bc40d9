//! The classic surface: `/auth` and `/orders`, compatible with the clients of the older of the two
//! former services.

pub(crate) mod auth;
pub(crate) mod orders;

use crate::routing::Operation;

pub(crate) fn operations() -> impl Iterator<Item = Operation> {
    auth::operations().into_iter().chain(orders::operations())
}
