//! The data that a store reads under its locks for a placement decision.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    OrderId, Price, ProductId, ProductName, Revision, Stock, UserId,
    order::{Fingerprint, IdempotencyKey, NewOrder},
    product::Product,
};

/// The data that the decision about a batch of new orders needs from the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacementDemand {
    /// The products to lock and read, by ascending id, which is the order in which to lock them.
    pub products: BTreeSet<ProductId>,
    /// The idempotency keys to look up, with their accounts.
    pub keys: BTreeSet<(UserId, IdempotencyKey)>,
}

impl PlacementDemand {
    /// The demand of these orders.
    pub fn of(orders: &[NewOrder]) -> Self {
        Self {
            products: orders.iter().flat_map(NewOrder::products).collect(),
            keys: orders.iter().filter_map(NewOrder::owned_key).collect(),
        }
    }
}

/// The part of a live product that placing orders needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductSnapshot {
    /// The name of the product.
    pub name: ProductName,
    /// The price of one unit.
    pub price: Price,
    /// The number of units that can be ordered.
    pub stock: Stock,
    /// The number of changes of what is shown, plus one.
    pub revision: Revision,
}

impl From<&Product> for ProductSnapshot {
    fn from(product: &Product) -> Self {
        Self {
            name: product.name.clone(),
            price: product.price,
            stock: product.stock,
            revision: product.revision,
        }
    }
}

/// An order that was placed before with an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriorPlacement {
    /// The order that was placed.
    pub order: OrderId,
    /// The fingerprint of the request that placed it.
    pub fingerprint: Fingerprint,
}

/// The data that the store read under its locks for a [`PlacementDemand`].
#[derive(Debug, Clone, Default)]
pub struct PlacementSnapshot {
    /// The live products of the demand. One that is missing does not exist or is deleted.
    pub products: BTreeMap<ProductId, ProductSnapshot>,
    /// The orders that were placed before with keys of the demand.
    pub prior: HashMap<(UserId, IdempotencyKey), PriorPlacement>,
    /// The accounts that place orders of the batch and are erased.
    pub erased: BTreeSet<UserId>,
}
