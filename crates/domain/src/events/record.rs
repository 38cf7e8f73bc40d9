//! Events as they are appended to the journal, and as they are read from it.

use super::{Event, EventType};
use crate::{
    EventId, OrderId, ProductId, Timestamp, TraceParent, UserId,
    account::{Actor, EmailAddress},
    order::{Order, OrderEvent, OrderStatus},
};

/// An event to be appended to the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// What happened.
    pub event: Event,
    /// The order that it happened to.
    pub order: Option<OrderId>,
    /// The product that it happened to.
    pub product: Option<ProductId>,
    /// The account that it happened to, or that owns the order.
    pub account: Option<UserId>,
    /// The account that made the change; `None` if the program made it by itself.
    pub actor: Option<UserId>,
    /// The time of the change.
    pub at: Timestamp,
    /// The trace of the request that made the change, if there is one.
    pub trace: Option<TraceParent>,
    /// The address that a mail about it goes to, if that is not the account's present one. It is
    /// personal data: stores remove it when the mail is out, after some days, and with the account.
    pub recipient: Option<EmailAddress>,
}

impl NewEvent {
    /// An event of an account.
    pub fn of_account(event: Event, account: UserId, actor: Actor, at: Timestamp) -> Self {
        Self { account: Some(account), ..Self::by(event, actor, at) }
    }

    /// An event of a product.
    pub fn of_product(event: Event, product: ProductId, actor: Actor, at: Timestamp) -> Self {
        Self { product: Some(product), ..Self::by(event, actor, at) }
    }

    /// An event of an order.
    pub fn of_order(event: Event, order: &Order, actor: Actor, at: Timestamp) -> Self {
        let (order, owner) = (Some(order.id()), Some(order.placed_by()));
        Self { order, account: owner, ..Self::by(event, actor, at) }
    }

    fn by(event: Event, actor: Actor, at: Timestamp) -> Self {
        Self {
            event,
            order: None,
            product: None,
            account: None,
            actor: Some(actor.user),
            at,
            trace: actor.trace,
            recipient: None,
        }
    }
}

/// An event as the journal has it, of a type that this program may not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// The number. Later events have greater numbers.
    pub id: EventId,
    /// The name of the type.
    pub event_type: String,
    /// The order that it happened to.
    pub order: Option<OrderId>,
    /// The product that it happened to.
    pub product: Option<ProductId>,
    /// The account that it happened to, or that owns the order.
    pub account: Option<UserId>,
    /// The account that made the change; `None` if the program made it by itself.
    pub actor: Option<UserId>,
    /// The time of the change.
    pub at: Timestamp,
    /// The content, a JSON object.
    pub data: String,
    /// The trace of the request that made the change, if there is one.
    pub trace: Option<TraceParent>,
    /// The address that a mail about it goes to, if that is not the account's present one.
    pub recipient: Option<EmailAddress>,
}

impl EventRecord {
    /// The event as the journal has it under this number.
    pub fn of(id: EventId, new: &NewEvent) -> Self {
        Self {
            id,
            event_type: new.event.event_type().as_str().to_owned(),
            order: new.order,
            product: new.product,
            account: new.account,
            actor: new.actor,
            at: new.at,
            data: new.event.data(),
            trace: new.trace,
            recipient: new.recipient.clone(),
        }
    }

    /// The entry of the order's history that this event is; `None` if it is none.
    pub fn history_entry(&self) -> Option<OrderEvent> {
        let event_type: EventType = self.event_type.parse().ok()?;
        if !EventType::HISTORY.contains(&event_type) {
            return None;
        }
        let (from, to, note) = match Event::read(event_type, &self.data).ok()? {
            Event::OrderStatusChanged { from, to } => (from, to, status_note(from, to)),
            Event::OrderDeleted { from, to } => (from, to, "Order deleted".to_owned()),
            _ => return None,
        };
        Some(OrderEvent {
            id: self.id,
            order: self.order?,
            changed_by: self.actor,
            old_status: from,
            new_status: to,
            note,
            created_at: self.at,
        })
    }
}

/// The description of a transition, for people.
fn status_note(from: OrderStatus, to: OrderStatus) -> String {
    format!("Order status changed from {} to {}", from.as_upper_str(), to.as_upper_str())
}

/// An event of the journal of a type that this program knows, as subscribers get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEvent {
    /// What happened.
    pub event: Event,
    /// The event as the journal has it.
    pub record: EventRecord,
}

impl JournalEvent {
    /// The number, which is the same in every delivery, so that receivers recognize repetitions.
    pub const fn id(&self) -> EventId {
        self.record.id
    }
}
