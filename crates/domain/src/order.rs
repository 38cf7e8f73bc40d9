//! Orders: what they ask for, where they are in their life, and what may become of them.
//!
//! [`Order::decide`] says what a command makes of one order, [`decide_placement`] which of a batch of
//! new orders the stock can serve. Both are pure: what they return is data that a store commits.

mod command;
mod event;
mod idempotency;
mod line;
mod new_order;
mod placed_batch;
mod placement;
pub mod port;
pub mod service;
mod status;

pub use command::{OrderChange, OrderCommand, OrderRefusal, Restock};
pub use event::{NewOrderEvent, OrderEvent};
pub use idempotency::{Fingerprint, IdempotencyKey, IdempotencyKeyError};
pub use line::{
    FreeFormItem, LineError, LineRequest, LineRequests, OrderContent, ProductLine, RequestedContent,
};
pub use new_order::{Idempotency, NewOrder, forget_erased_customers};
pub use placed_batch::{InvalidBatch, PlacedBatch};
pub use placement::{
    OrderDraft, PlaceRefusal, PlacementDecision, PlacementDemand, PlacementPlan, PlacementSnapshot,
    PriorPlacement, ProductSnapshot, decide_placement,
};
pub use status::{OrderStatus, UnknownStatus};

pub use crate::id::OrderId;
use crate::{
    Currency, CustomerName, FOLDED_SEPARATOR, Money, ProductId, Quantity, Revision, Timestamp,
    UserId, Version, fold_case,
};

/// An order. Its parts are private: every order is one that the rules allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order(OrderParts);

/// Everything an order consists of, for a store that reads one back with [`Order::restore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderParts {
    /// Its number.
    pub id: OrderId,
    /// Whose it is.
    pub placed_by: UserId,
    /// For whom it is.
    pub customer: CustomerName,
    /// What it asks for.
    pub content: OrderContent,
    /// The currency of its prices.
    pub currency: Currency,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// How often it changed, plus one.
    pub version: Version,
    /// How often what is shown of it changed, plus one.
    pub revision: Revision,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Order {
    /// Puts an order together that a store kept. Each part is valid by its type, and so is the whole.
    pub fn restore(parts: OrderParts) -> Self {
        Self(parts)
    }

    /// Its number.
    pub fn id(&self) -> OrderId {
        self.0.id
    }

    /// Whose it is.
    pub fn placed_by(&self) -> UserId {
        self.0.placed_by
    }

    /// For whom it is: the account's name as it was then, or what a free-form order said.
    pub fn customer(&self) -> &CustomerName {
        &self.0.customer
    }

    /// What it asks for.
    pub fn content(&self) -> &OrderContent {
        &self.0.content
    }

    /// The currency of its prices.
    pub fn currency(&self) -> Currency {
        self.0.currency
    }

    /// Where it is in its life.
    pub fn status(&self) -> OrderStatus {
        self.0.status
    }

    /// How often it changed, plus one.
    pub fn version(&self) -> Version {
        self.0.version
    }

    /// How often what is shown of it changed, plus one.
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// When it was placed.
    pub fn created_at(&self) -> Timestamp {
        self.0.created_at
    }

    /// When it last changed.
    pub fn updated_at(&self) -> Timestamp {
        self.0.updated_at
    }

    /// All pieces of all lines together.
    pub fn quantity(&self) -> Quantity {
        self.0.content.quantity()
    }

    /// What it costs. A free-form order has no prices and costs nothing.
    pub fn total(&self) -> Money {
        self.0.content.lines().iter().map(ProductLine::total).sum()
    }

    /// What searches compare: the customer's name and the names of all that is ordered, each folded, with a
    /// [`FOLDED_SEPARATOR`] between them, the customer's first. No term has that in it, so none spans two names.
    ///
    /// It has at most 102,900 bytes, as a folded character has at most four. PostgreSQL's index of it has room for
    /// 131,072.
    pub fn search_text(&self) -> String {
        let items: Vec<&str> = match self.0.content.free_form_item() {
            Some(item) => vec![item.name.as_str()],
            None => self.0.content.lines().iter().map(|line| line.name.as_str()).collect(),
        };
        let mut text = fold_case(self.0.customer.as_str());
        for item in items {
            text.push(FOLDED_SEPARATOR);
            text.push_str(&fold_case(item));
        }
        text
    }

    /// The products it names, line by line.
    pub fn product_ids(&self) -> impl Iterator<Item = ProductId> + '_ {
        self.0.content.lines().iter().map(|line| line.product)
    }
}

#[cfg(test)]
mod tests;
