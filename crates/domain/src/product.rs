//! Products and what is on their shelf.

mod cached;
mod command;
pub mod port;
pub mod service;

pub use cached::{CacheLease, CachedProducts, ProductCache, ProductLookup};
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

/// Why a stock changed. Every change has a row with its reason, so that a product's stock is the sum of
/// its movements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovementReason {
    /// The product was made with that stock.
    Initial,
    /// Staff set another stock.
    Adjustment,
    /// An order took it.
    Placement(OrderId),
    /// An order gave it back.
    Return(OrderId),
}

impl MovementReason {
    /// The reason's word, as stores write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Adjustment => "adjustment",
            Self::Placement(_) => "placement",
            Self::Return(_) => "return",
        }
    }

    /// The order behind it, if there is one.
    pub const fn order(self) -> Option<OrderId> {
        match self {
            Self::Initial | Self::Adjustment => None,
            Self::Placement(order) | Self::Return(order) => Some(order),
        }
    }
}

/// One change of a product's stock, for the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockMovement {
    /// Whose stock.
    pub product: ProductId,
    /// By how much: never 0, negative when pieces left.
    pub delta: i64,
    /// Why.
    pub reason: MovementReason,
    /// Who did it.
    pub moved_by: UserId,
    /// When.
    pub at: Timestamp,
}
