//! What both surfaces answer alike.

pub(crate) mod created;
pub(crate) mod order_event;
pub(crate) mod status_change;
mod timestamp;

use serde::Serialize;

pub(crate) use self::timestamp::timestamp;

/// An answer that only says that it is done.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Message {
    /// What was done, for people.
    #[schema(example = "Done")]
    pub(crate) message: &'static str,
}
