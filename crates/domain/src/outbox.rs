//! The transactional outbox: events to be delivered on channels. A store writes an event in the
//! transaction of the change that it reports, so that no event is lost and none reports a change
//! that was rolled back.
//!
//! An [`EventRelay`] leases the events that are due, calls every [handler](port::EventHandler) for
//! each, and settles the result: delivered, to be retried, or dead. Each event is delivered at
//! least once; the events of one order are delivered one after the other, in the order in which
//! they were written. A dead letter blocks the later events of its order until an operator requeues
//! or discards it.

mod channel;
pub mod port;
mod relay;
mod retry;

pub use channel::{Channel, Channels};
pub use relay::{EventRelay, RelaySettings, RunSummary};
pub use retry::{RetryDecision, RetryPolicy};

use serde::{Deserialize, Serialize};

use crate::{OrderId, UserId, order::OrderStatus};

/// An event to be delivered. It has no personal data: handlers look that up, so that erasing an
/// account leaves none in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum OutboxEvent {
    /// An account was created.
    AccountRegistered {
        /// The new account.
        user_id: UserId,
    },
    /// A mail to an account is to be sent. Unlike the other events it reports no change: only the
    /// mail channel has something to send for it. The mail's address and token are looked up and
    /// made when it is sent.
    AccountMailRequested {
        /// The account.
        user_id: UserId,
        /// The mail.
        mail: AccountMail,
    },
    /// An order was placed.
    OrderPlaced {
        /// The new order.
        order_id: OrderId,
        /// The account that placed it.
        user_id: UserId,
    },
    /// An order made a transition.
    OrderStatusChanged {
        /// The order.
        order_id: OrderId,
        /// The account that owns the order.
        user_id: UserId,
        /// The account that changed the status.
        changed_by: UserId,
        /// The status before.
        from: OrderStatus,
        /// The status after.
        to: OrderStatus,
    },
    /// An order was deleted.
    OrderDeleted {
        /// The order.
        order_id: OrderId,
        /// The account that owned the order.
        user_id: UserId,
        /// The account that deleted it.
        changed_by: UserId,
    },
}

/// A mail that accounts get about themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountMail {
    /// To the address that is to be confirmed: the link that confirms it.
    ConfirmAddress,
    /// To the present address: that a change to another one was requested.
    AddressChangeNotice,
    /// To the present address: the link that replaces the password.
    ResetPassword,
    /// To the present address: that the password was changed.
    PasswordChanged,
}

impl OutboxEvent {
    /// The type of the event: the member `event` of its JSON.
    pub const fn event(&self) -> &'static str {
        match self {
            Self::AccountRegistered { .. } => "account_registered",
            Self::AccountMailRequested { .. } => "account_mail_requested",
            Self::OrderPlaced { .. } => "order_placed",
            Self::OrderStatusChanged { .. } => "order_status_changed",
            Self::OrderDeleted { .. } => "order_deleted",
        }
    }

    /// The account that the event is about, or that owns its order.
    pub const fn user(&self) -> UserId {
        match self {
            Self::AccountRegistered { user_id }
            | Self::AccountMailRequested { user_id, .. }
            | Self::OrderPlaced { user_id, .. }
            | Self::OrderStatusChanged { user_id, .. }
            | Self::OrderDeleted { user_id, .. } => *user_id,
        }
    }

    /// Whether the event reports a change. One that does not is an order to the mail channel, and
    /// is no concern of logs and other services.
    pub const fn is_news(&self) -> bool {
        !matches!(self, Self::AccountMailRequested { .. })
    }

    /// The order that the event is about; `None` for an account. Events of one order are delivered
    /// in the order in which they were written.
    pub fn order(&self) -> Option<OrderId> {
        match self {
            Self::AccountRegistered { .. } | Self::AccountMailRequested { .. } => None,
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

    fn mail(mail: AccountMail, name: &str) -> (OutboxEvent, Value) {
        let json = json!({"event": "account_mail_requested", "user_id": 7, "mail": name});
        (OutboxEvent::AccountMailRequested { user_id: CUSTOMER, mail }, json)
    }

    fn every_event_with_its_json() -> [(OutboxEvent, Value); 8] {
        [
            (
                OutboxEvent::AccountRegistered { user_id: CUSTOMER },
                json!({"event": "account_registered", "user_id": 7}),
            ),
            mail(AccountMail::ConfirmAddress, "confirm_address"),
            mail(AccountMail::AddressChangeNotice, "address_change_notice"),
            mail(AccountMail::ResetPassword, "reset_password"),
            mail(AccountMail::PasswordChanged, "password_changed"),
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
    fn the_json_of_every_event_is_stable() {
        for (event, json) in every_event_with_its_json() {
            assert_eq!(serde_json::to_value(&event).unwrap(), json);
        }
    }

    #[test]
    fn a_stored_event_reads_back_equal() {
        for (event, json) in every_event_with_its_json() {
            assert_eq!(serde_json::from_value::<OutboxEvent>(json).unwrap(), event);
        }
    }

    #[test]
    fn every_event_names_its_order_its_account_and_its_type() {
        for (event, json) in every_event_with_its_json() {
            assert_eq!(event.order().map(OrderId::get), json["order_id"].as_i64());
            assert_eq!(Some(event.user().get()), json["user_id"].as_i64());
            assert_eq!(event.event(), json["event"]);
        }
    }
}
