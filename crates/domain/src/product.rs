//! Products and what is on their shelf.

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

/// A product. Deleted ones are kept, for the orders that name them, and can be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its number.
    pub id: ProductId,
    /// What it is called.
    pub name: ProductName,
    /// More about it.
    pub description: Option<Description>,
    /// What one piece costs.
    pub price: Price,
    /// How many pieces can be ordered.
    pub stock: Stock,
    /// Rises with every change, of the stock as well.
    pub version: Version,
    /// Rises with every change of what is shown.
    pub revision: Revision,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed, in its stock as well.
    pub updated_at: Timestamp,
    /// When it was deleted, if it is.
    pub deleted_at: Option<Timestamp>,
}

impl Product {
    /// Whether it can be seen and ordered.
    pub fn is_live(&self) -> bool {
        self.deleted_at.is_none()
    }
}

/// What changed a stock. Nothing makes the last four kinds yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovementKind {
    /// An order took it.
    OrderPlaced(OrderId),
    /// An order was cancelled and gave it back.
    OrderCancelled(OrderId),
    /// Goods came in: so far, what a product was made with.
    Received,
    /// Staff set another stock and did not say why, as a change of a product's fields does. It is no count of
    /// what lies on the shelf, because what open orders have taken lies there too.
    Correction,
    /// Staff counted what is there.
    Count,
    /// Goods were damaged.
    Damaged,
    /// Goods were lost.
    Lost,
    /// A customer returned what an order took.
    CustomerReturn(OrderId),
}

impl MovementKind {
    /// The kind's word, as stores write it.
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

    /// The kind of that word, with the order behind it; `None` if there is none, or it needs an order and there is none,
    /// or the other way round.
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

    /// The order behind it, if there is one.
    pub const fn order(self) -> Option<OrderId> {
        match self {
            Self::OrderPlaced(order)
            | Self::OrderCancelled(order)
            | Self::CustomerReturn(order) => Some(order),
            _ => None,
        }
    }
}

/// One change of a product's stock, for the record. Every change has one, so that a product's stock is the sum
/// of its movements, and the balance of the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockMovement {
    /// Whose stock.
    pub product: ProductId,
    /// The product's revision that this movement made. It is the movement's key within the product: each
    /// change of stock is a change of what is shown, so no two share one, and later ones have greater ones.
    pub revision: Revision,
    /// What changed it.
    pub kind: MovementKind,
    /// By how much: never 0, negative when units left.
    pub delta: i64,
    /// The product's stock after it.
    pub balance: Stock,
    /// Who did it.
    pub moved_by: UserId,
    /// When.
    pub at: Timestamp,
}
