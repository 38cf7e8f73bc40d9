//! Products and their stock.

mod cache;
mod cached;
mod command;
pub mod port;
pub mod service;

pub use cache::{ProductCache, TouchedProducts};
pub use cached::CachedProducts;
pub use command::{NewProduct, ProductChange, ProductCommand, ProductRefusal, ProductUpdate};

use crate::{
    Description, OrderId, Price, ProductId, ProductName, Revision, Stock, Timestamp, UserId,
    Version,
};

/// A product. Deleted ones are kept, for the orders that refer to them, and can be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The identifier of the product.
    pub id: ProductId,
    /// The name of the product.
    pub name: ProductName,
    /// The description, if there is one.
    pub description: Option<Description>,
    /// The price of one unit.
    pub price: Price,
    /// The number of units that can be ordered.
    pub stock: Stock,
    /// The number of changes that staff made, those of the stock included, plus one. Sales and
    /// restocks do not count.
    pub version: Version,
    /// The number of changes of what is shown, plus one.
    pub revision: Revision,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time of the last change, of the stock included.
    pub updated_at: Timestamp,
    /// The time of deletion; absent while the product is live.
    pub deleted_at: Option<Timestamp>,
}

impl Product {
    /// Whether the product is not deleted, so that it is listed and can be ordered.
    pub fn is_live(&self) -> bool {
        self.deleted_at.is_none()
    }
}

/// The cause of a movement. No command makes the last four kinds yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovementKind {
    /// An order took units.
    OrderPlaced(OrderId),
    /// An order was cancelled and its units were restocked.
    OrderCancelled(OrderId),
    /// Goods came in: so far, the initial stock of a product.
    Received,
    /// Staff set the stock without a reason, by updating the product's fields. This is not a count
    /// of the goods in the warehouse, because those include the units of open orders.
    Correction,
    /// Staff counted the goods.
    Count,
    /// Goods were damaged.
    Damaged,
    /// Goods were lost.
    Lost,
    /// A customer returned units of an order.
    CustomerReturn(OrderId),
}

impl MovementKind {
    /// The name of the kind, as stores write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrderPlaced(_) => "order_placed",
            Self::OrderCancelled(_) => "order_cancelled",
            Self::Received => "received",
            Self::Correction => "correction",
            Self::Count => "count",
            Self::Damaged => "damaged",
            Self::Lost => "lost",
            Self::CustomerReturn(_) => "customer_return",
        }
    }

    /// The kind with this name and order; `None` if the name is unknown, or the kind needs an order
    /// and there is none, or the reverse.
    pub fn parse(word: &str, order: Option<OrderId>) -> Option<Self> {
        Some(match (word, order) {
            ("order_placed", Some(order)) => Self::OrderPlaced(order),
            ("order_cancelled", Some(order)) => Self::OrderCancelled(order),
            ("customer_return", Some(order)) => Self::CustomerReturn(order),
            ("received", None) => Self::Received,
            ("correction", None) => Self::Correction,
            ("count", None) => Self::Count,
            ("damaged", None) => Self::Damaged,
            ("lost", None) => Self::Lost,
            _ => return None,
        })
    }

    /// The order that caused the movement, if one did.
    pub const fn order(self) -> Option<OrderId> {
        match self {
            Self::OrderPlaced(order)
            | Self::OrderCancelled(order)
            | Self::CustomerReturn(order) => Some(order),
            _ => None,
        }
    }
}

/// The record of one change of a product's stock. Every change has one, so that a product's stock
/// is the sum of its movements and equals the balance of the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockMovement {
    /// The product whose stock changed.
    pub product: ProductId,
    /// The product's revision after the movement. It identifies the movement within the product:
    /// each change of stock raises the revision, so no two movements of a product have the same,
    /// and a later movement has a greater one.
    pub revision: Revision,
    /// The cause of the change.
    pub kind: MovementKind,
    /// The change in units: never 0, negative when units left.
    pub delta: i64,
    /// The product's stock after the movement.
    pub balance: Stock,
    /// The account that made the change.
    pub moved_by: UserId,
    /// The time of the change.
    pub at: Timestamp,
}
