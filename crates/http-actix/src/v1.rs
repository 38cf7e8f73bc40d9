//! v1: users, products with stock, orders that reserve it. Paths under `/api/v1`.

pub(crate) mod orders;
pub(crate) mod page;
pub(crate) mod products;
pub(crate) mod users;

use serde::Serialize;

/// An answer that only says that it is done.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Message {
    /// What was done, for people.
    #[schema(example = "Done")]
    pub(crate) message: &'static str,
}

/// A moment as every response writes it: RFC 3339, UTC, microseconds.
pub(crate) fn moment(at: domain::Timestamp) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}
