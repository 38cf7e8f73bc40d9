//! The history of an order: one entry for each change after its placement.

use super::OrderStatus;
use crate::{EventId, OrderId, Timestamp, UserId};

/// An entry of an order's history: what an event of the journal says about its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    /// The number of the event.
    pub id: EventId,
    /// The order that changed.
    pub order: OrderId,
    /// The account that changed it; `None` if the program changed it by itself.
    pub changed_by: Option<UserId>,
    /// The status before the change.
    pub old_status: OrderStatus,
    /// The status after the change.
    pub new_status: OrderStatus,
    /// A description of the change, for people.
    pub note: String,
    /// The time of the change.
    pub created_at: Timestamp,
}
