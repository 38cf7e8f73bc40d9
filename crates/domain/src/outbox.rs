//! Events waiting to be told to others. A store writes them in the transaction of what they tell of, so
//! that none is lost and none is told that did not happen.
//!
//! A [`EventRelay`] leases those that are due, hands each to every [handler](port::EventHandler), and writes down
//! what came of it: delivered, to be tried again, or dead. Each message is delivered at least once; those about one
//! order in the order in which they were written, one behind the other. A dead one holds back those behind it,
//! until an operator requeues or discards it.

mod channel;
pub mod port;
mod relay;
mod retry;

pub use channel::{Channel, Channels};
pub use relay::{EventRelay, RelaySettings, RunSummary};
pub use retry::{RetryDecision, RetryPolicy};

use serde::{Deserialize, Serialize};

use crate::{OrderId, UserId, order::OrderStatus};

/// Something that happened and that others want to know. No personal data: whoever delivers it looks
/// that up, so that erasing an account leaves nothing behind here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum OutboxEvent {
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

impl OutboxEvent {
    /// What happened, in a word: the `event` of its JSON.
    pub const fn event(&self) -> &'static str {
        match self {
            Self::AccountRegistered { .. } => "account_registered",
            Self::OrderPlaced { .. } => "order_placed",
            Self::OrderStatusChanged { .. } => "order_status_changed",
            Self::OrderDeleted { .. } => "order_deleted",
        }
    }

    /// Whose account or order it is about.
    pub const fn user(&self) -> UserId {
        match self {
            Self::AccountRegistered { user_id }
            | Self::OrderPlaced { user_id, .. }
            | Self::OrderStatusChanged { user_id, .. }
            | Self::OrderDeleted { user_id, .. } => *user_id,
        }
    }

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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ORDER: OrderId = OrderId::new(3);
    const CUSTOMER: UserId = UserId::new(7);
    const STAFF: UserId = UserId::new(1);

    fn each_message_with_its_json() -> [(OutboxEvent, Value); 4] {
        [
            (
                OutboxEvent::AccountRegistered { user_id: CUSTOMER },
                json!({"event": "account_registered", "user_id": 7}),
            ),
            (
                OutboxEvent::OrderPlaced { order_id: ORDER, user_id: CUSTOMER },
                json!({"event": "order_placed", "order_id": 3, "user_id": 7}),
            ),
            (
                OutboxEvent::OrderStatusChanged {
                    order_id: ORDER,
                    user_id: CUSTOMER,
                    changed_by: STAFF,
                    from: OrderStatus::Pending,
                    to: OrderStatus::Shipped,
                },
                json!({
                    "event": "order_status_changed", "order_id": 3, "user_id": 7, "changed_by": 1,
                    "from": "pending", "to": "shipped",
                }),
            ),
            (
                OutboxEvent::OrderDeleted { order_id: ORDER, user_id: CUSTOMER, changed_by: STAFF },
                json!({"event": "order_deleted", "order_id": 3, "user_id": 7, "changed_by": 1}),
            ),
        ]
    }

    #[test]
    fn subscribers_can_rely_on_the_json_of_every_message() {
        for (message, json) in each_message_with_its_json() {
            assert_eq!(serde_json::to_value(&message).unwrap(), json);
        }
    }

    #[test]
    fn a_stored_message_reads_back_equal() {
        for (message, json) in each_message_with_its_json() {
            assert_eq!(serde_json::from_value::<OutboxEvent>(json).unwrap(), message);
        }
    }

    #[test]
    fn messages_about_an_order_name_it() {
        for (message, json) in each_message_with_its_json() {
            assert_eq!(message.order().map(OrderId::get), json["order_id"].as_i64());
            assert_eq!(Some(message.user().get()), json["user_id"].as_i64());
            assert_eq!(message.event(), json["event"]);
        }
    }
}
