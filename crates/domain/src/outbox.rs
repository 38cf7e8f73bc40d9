//! Events waiting to be told to others. A store writes them in the transaction of what they tell of, so
//! that none is lost and none is told that did not happen.

use serde::{Deserialize, Serialize};

use crate::{OrderId, UserId, order::OrderStatus};

/// Something that happened and that others want to know. No personal data: whoever delivers it looks
/// that up, so that erasing an account leaves nothing behind here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum OutboxMessage {
    /// Somebody has an account now.
    AccountRegistered {
        /// Whose.
        user_id: UserId,
    },
    /// An order was placed.
    OrderPlaced {
        /// Which.
        order_id: OrderId,
        /// By whom.
        user_id: UserId,
    },
    /// An order made a step.
    OrderStatusChanged {
        /// Which.
        order_id: OrderId,
        /// Whose it is.
        user_id: UserId,
        /// Who moved it.
        changed_by: UserId,
        /// Where it was.
        from: OrderStatus,
        /// Where it is since.
        to: OrderStatus,
    },
    /// An order was deleted.
    OrderDeleted {
        /// Which.
        order_id: OrderId,
        /// Whose it was.
        user_id: UserId,
        /// Who deleted it.
        changed_by: UserId,
    },
}

impl OutboxMessage {
    /// The order it is about. Messages about one order are delivered in the order they were written.
    pub fn order(&self) -> Option<OrderId> {
        match self {
            Self::AccountRegistered { .. } => None,
            Self::OrderPlaced { order_id, .. }
            | Self::OrderStatusChanged { order_id, .. }
            | Self::OrderDeleted { order_id, .. } => Some(*order_id),
        }
    }
}
