//! The classic surface: `/auth` and `/orders`, as the older of the two clients knows them.

pub(crate) mod auth;
pub(crate) mod orders;

use crate::routing::Operation;

pub(crate) fn operations() -> impl Iterator<Item = Operation> {
    auth::operations().into_iter().chain(orders::operations())
}
