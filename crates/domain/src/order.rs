//! Orders: their content, their lifecycle, and the decisions about them.
//!
//! [`Order::decide`] decides a command on one order, [`decide_placement`] which orders of a batch
//! are placed. Both are pure: they return data that a store commits.

mod command;
mod event;
mod idempotency;
mod line;
mod list_sort;
mod new_order;
mod placed_batch;
mod placement;
pub mod port;
mod search_term;
pub mod service;
mod status;

pub use command::{OrderChange, OrderCommand, OrderRefusal, Restock};
pub use event::OrderEvent;
pub use idempotency::{Fingerprint, IdempotencyKey, IdempotencyKeyError};
pub use line::{
    FreeFormItem, LineError, LineRequest, LineRequests, OrderContent, ProductLine, RequestedContent,
};
pub use list_sort::{OrderListSort, UnknownListSort};
pub use new_order::{Idempotency, NewOrder};
pub use placed_batch::{InvalidBatch, PlacedBatch};
pub use placement::{
    OrderDraft, PlaceRefusal, PlacementDecision, PlacementDemand, PlacementPlan, PlacementSnapshot,
    PriorPlacement, ProductSnapshot, decide_placement,
};
pub use search_term::OrderSearchTerm;
pub use status::{OrderStatus, UnknownStatus};

pub use crate::id::OrderId;
use crate::{
    Currency, CustomerName, FOLDED_SEPARATOR, Money, ProductId, Quantity, Revision, Timestamp,
    UserId, Version, text::search_form,
};

/// An order. Its parts are private: only the domain changes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order(OrderParts);

/// The parts of an order, for a store that restores one with [`Order::restore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderParts {
    /// The identifier of the order.
    pub id: OrderId,
    /// The account that placed the order and owns it.
    pub placed_by: UserId,
    /// The customer's name.
    pub customer: CustomerName,
    /// The lines, or the free-form item.
    pub content: OrderContent,
    /// The currency of the prices.
    pub currency: Currency,
    /// The position in the lifecycle.
    pub status: OrderStatus,
    /// The number of changes, plus one.
    pub version: Version,
    /// The number of changes of what is shown, plus one.
    pub revision: Revision,
    /// The time when the order was placed.
    pub created_at: Timestamp,
    /// The time of the last change.
    pub updated_at: Timestamp,
}

impl Order {
    /// Restores an order from its stored parts. Each part is valid by its type, and so is the
    /// order.
    pub fn restore(parts: OrderParts) -> Self {
        Self(parts)
    }

    /// The identifier of the order.
    pub fn id(&self) -> OrderId {
        self.0.id
    }

    /// The account that placed the order and owns it.
    pub fn placed_by(&self) -> UserId {
        self.0.placed_by
    }

    /// The customer's name: the account's name when the order was placed, or the name in a
    /// free-form order.
    pub fn customer(&self) -> &CustomerName {
        &self.0.customer
    }

    /// The lines, or the free-form item.
    pub fn content(&self) -> &OrderContent {
        &self.0.content
    }

    /// The currency of the prices.
    pub fn currency(&self) -> Currency {
        self.0.currency
    }

    /// The position in the lifecycle.
    pub fn status(&self) -> OrderStatus {
        self.0.status
    }

    /// The number of changes, plus one.
    pub fn version(&self) -> Version {
        self.0.version
    }

    /// The number of changes of what is shown, plus one.
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// The time when the order was placed.
    pub fn created_at(&self) -> Timestamp {
        self.0.created_at
    }

    /// The time of the last change.
    pub fn updated_at(&self) -> Timestamp {
        self.0.updated_at
    }

    /// The number of units of all lines together.
    pub fn quantity(&self) -> Quantity {
        self.0.content.quantity()
    }

    /// The sum of the lines' totals. A free-form order has no prices, so its total is zero.
    pub fn total(&self) -> Money {
        self.0.content.lines().iter().map(ProductLine::total).sum()
    }

    /// The [`search_text`] of the order.
    pub fn search_text(&self) -> String {
        let customer = self.0.customer.as_str();
        match self.0.content.free_form_item() {
            Some(item) => search_text(customer, [item.name.as_str()]),
            None => {
                search_text(customer, self.0.content.lines().iter().map(|line| line.name.as_str()))
            }
        }
    }

    /// The product of each line.
    pub fn product_ids(&self) -> impl Iterator<Item = ProductId> + '_ {
        self.0.content.lines().iter().map(|line| line.product)
    }
}

/// The text that searches compare with an order: the [`search_form`] of the customer's name and
/// then of the name of each line or of the item, with a [`FOLDED_SEPARATOR`] between them. No
/// search term contains that, so none matches across two names.
///
/// It has at most 131,000 bytes, as each form has at most
/// [`MAX_SEARCH_FORM_BYTES`](crate::text::MAX_SEARCH_FORM_BYTES). PostgreSQL can index 131,072.
pub fn search_text<'a>(customer: &str, items: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = search_form(customer);
    for item in items {
        text.push(FOLDED_SEPARATOR);
        text.push_str(&search_form(item));
    }
    text
}

#[cfg(test)]
mod tests;
