//! The history of an order: one event for each change.

use super::OrderStatus;
use crate::{OrderEventId, OrderId, Timestamp, UserId};

/// An event to be appended to an order's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrderEvent {
    /// The order that changed.
    pub order: OrderId,
    /// The account that changed it.
    pub changed_by: UserId,
    /// The status before the change.
    pub old_status: OrderStatus,
    /// The status after the change.
    pub new_status: OrderStatus,
    /// A description of the change, for people.
    pub note: String,
    /// The time of the change.
    pub created_at: Timestamp,
}

/// An event of an order's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    /// The identifier of the event.
    pub id: OrderEventId,
    /// The change that it records.
    pub event: NewOrderEvent,
}
