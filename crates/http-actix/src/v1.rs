//! v1: users, products with stock, orders that reserve it. Paths under `/api/v1`.

mod moment;
pub(crate) mod orders;
pub(crate) mod page;
pub(crate) mod products;
pub(crate) mod users;

use serde::Serialize;

pub(crate) use self::moment::moment;

/// An answer that only says that it is done.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Message {
    /// What was done, for people.
    #[schema(example = "Done")]
    pub(crate) message: &'static str,
}
