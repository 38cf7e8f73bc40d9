//! The history of an order: one entry for each change.

use super::OrderStatus;
use crate::{EventId, OrderId, Timestamp, UserId};

/// An entry to be written to an order's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrderEvent {
    /// Whose history.
    pub order: OrderId,
    /// Who did it.
    pub changed_by: UserId,
    /// Where the order was.
    pub old_status: OrderStatus,
    /// Where it is since.
    pub new_status: OrderStatus,
    /// What happened, for people.
    pub note: String,
    /// When.
    pub created_at: Timestamp,
}

/// An entry of an order's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    /// Its number.
    pub id: EventId,
    /// What happened.
    pub event: NewOrderEvent,
}
