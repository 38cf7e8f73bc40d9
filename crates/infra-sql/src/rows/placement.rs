//! The rows that a decision about new orders needs.

use diesel::Queryable;
use domain::{
    OrderId, Price, ProductId, ProductName, Revision, Stock, UserId,
    order::{Fingerprint, IdempotencyKey, PriorPlacement, ProductSnapshot},
};

use crate::Unreadable;

/// The columns of a live product that placing orders needs.
#[derive(Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct StockRow {
    pub id: i64,
    pub name: String,
    pub price: i64,
    pub stock: i64,
    pub revision: i64,
}

/// The columns of a [`StockRow`] in this table.
#[macro_export]
macro_rules! stock_columns {
    ($products:ident) => {
        ($products::id, $products::name, $products::price, $products::stock, $products::revision)
    };
}

impl StockRow {
    /// Converts the row to the product's id and snapshot.
    ///
    /// # Errors
    /// [`Unreadable`] if the domain rejects a value.
    pub fn into_snapshot(self) -> Result<(ProductId, ProductSnapshot), Unreadable> {
        let unreadable = |reason: &dyn ToString| Unreadable::new("products", &self.id, reason);
        let snapshot = ProductSnapshot {
            price: Price::from_minor(self.price).map_err(|error| unreadable(&error))?,
            stock: Stock::restore(self.stock).map_err(|error| unreadable(&error))?,
            revision: Revision::new(self.revision),
            name: ProductName::restore(self.name).map_err(|error| unreadable(&error))?,
        };
        Ok((ProductId::new(self.id), snapshot))
    }
}

/// An order that was placed before with an idempotency key.
#[derive(Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct PriorRow {
    pub id: i64,
    pub user_id: i64,
    pub idempotency_key: String,
    pub request_fingerprint: Vec<u8>,
}

impl PriorRow {
    /// Converts the row to the key with its account, and the order.
    ///
    /// # Errors
    /// [`Unreadable`] if the domain rejects a value.
    pub fn into_prior(self) -> Result<((UserId, IdempotencyKey), PriorPlacement), Unreadable> {
        let unreadable = |reason: &str| Unreadable::new("orders", &self.id, &reason);
        let key = IdempotencyKey::parse(&self.idempotency_key)
            .map_err(|_invalid| unreadable("idempotency_key"))?;
        let fingerprint = <[u8; 32]>::try_from(self.request_fingerprint.as_slice())
            .map_err(|_length| unreadable("request_fingerprint"))?;
        let prior = PriorPlacement {
            order: OrderId::new(self.id),
            fingerprint: Fingerprint::from_bytes(fingerprint),
        };
        Ok(((UserId::new(self.user_id), key), prior))
    }
}
