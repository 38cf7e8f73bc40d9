//! What a store reads, under its locks, before anything can be decided.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    OrderId, Price, ProductId, ProductName, Revision, Stock, UserId, Version,
    order::{Fingerprint, IdempotencyKey, NewOrder},
    product::Product,
};

/// What a batch of new orders needs from the store before anything can be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacementDemand {
    /// The products to be locked and read, by ascending id, which is the order to lock them in.
    pub products: BTreeSet<ProductId>,
    /// The keys to be looked up.
    pub keys: BTreeSet<(UserId, IdempotencyKey)>,
}

impl PlacementDemand {
    /// What these orders need.
    pub fn of(orders: &[NewOrder]) -> Self {
        Self {
            products: orders.iter().flat_map(NewOrder::products).collect(),
            keys: orders.iter().filter_map(NewOrder::owned_key).collect(),
        }
    }
}

/// A live product, as far as placing orders is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductSnapshot {
    /// What it is called.
    pub name: ProductName,
    /// What one piece costs.
    pub price: Price,
    /// How many pieces there are.
    pub stock: Stock,
    /// How often it changed, plus one.
    pub version: Version,
    /// How often what is shown of it changed, plus one.
    pub revision: Revision,
}

impl From<&Product> for ProductSnapshot {
    fn from(product: &Product) -> Self {
        Self {
            name: product.name.clone(),
            price: product.price,
            stock: product.stock,
            version: product.version,
            revision: product.revision,
        }
    }
}

/// An order that was placed before with some key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriorPlacement {
    /// Which.
    pub order: OrderId,
    /// What the key was used for then.
    pub fingerprint: Fingerprint,
}

/// What the store holds, under its locks, of what [`PlacementDemand`] named.
#[derive(Debug, Clone, Default)]
pub struct PlacementSnapshot {
    /// The live products. One that is missing does not exist or is deleted.
    pub products: BTreeMap<ProductId, ProductSnapshot>,
    /// The keys that were used before.
    pub prior: HashMap<(UserId, IdempotencyKey), PriorPlacement>,
}
