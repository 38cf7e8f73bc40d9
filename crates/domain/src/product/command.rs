//! What may be done to a product, and what comes of it.

use super::{MovementKind, Product, StockMovement};
use crate::{
    Description, Price, ProductId, ProductName, Revision, Stock, Timestamp, Version, account::Actor,
};

/// A product to be made. The store gives it its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// What it is called.
    pub name: ProductName,
    /// More about it.
    pub description: Option<Description>,
    /// What one piece costs.
    pub price: Price,
    /// How many pieces there are to begin with.
    pub stock: Stock,
}

impl NewProduct {
    /// The product, under its number, and the change of stock to be recorded if it has any.
    pub fn create(self, id: ProductId, actor: Actor, now: Timestamp) -> ProductChange {
        let Self { name, description, price, stock } = self;
        let product = Product {
            id,
            name,
            description,
            price,
            stock,
            version: Version::FIRST,
            revision: Revision::FIRST,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        };
        let movement = (stock != Stock::EMPTY).then_some(StockMovement {
            product: id,
            revision: product.revision,
            kind: MovementKind::Received,
            delta: stock.get(),
            balance: stock,
            moved_by: actor.user,
            at: now,
        });
        ProductChange { product, movement }
    }
}

/// What is to be different about a product. `None` leaves a thing as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductUpdate {
    /// Another name.
    pub name: Option<ProductName>,
    /// Another description, or none any more.
    pub description: Option<Option<Description>>,
    /// Another price. Orders keep the one they were placed at.
    pub price: Option<Price>,
    /// Another stock, counted.
    pub stock: Option<Stock>,
}

/// Something to be done to a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductCommand {
    /// Change some of it.
    Update(ProductUpdate),
    /// Take it off the lists. It cannot be ordered from then on.
    Delete,
    /// Put it back on the lists.
    Restore,
}

/// What a command makes of a product: data, for a store to commit in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductChange {
    /// The product as it is to be from now on. Equal to the old one if nothing changes.
    pub product: Product,
    /// The change of stock to be recorded, if there is one.
    pub movement: Option<StockMovement>,
}

/// Why a product stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProductRefusal {
    /// The actor has not the right.
    #[error("only staff may change products")]
    Forbidden,
    /// It is deleted, so for everything but a restore it does not exist.
    #[error("the product is deleted")]
    Deleted,
    /// It cannot be restored because it is not deleted.
    #[error("the product is not deleted")]
    NotDeleted,
}

impl Product {
    /// Decides what a command makes of this product.
    ///
    /// # Errors
    /// [`ProductRefusal`]; the product stays as it is then.
    pub fn decide(
        &self,
        command: &ProductCommand,
        actor: Actor,
        now: Timestamp,
    ) -> Result<ProductChange, ProductRefusal> {
        if !actor.is_admin() {
            return Err(ProductRefusal::Forbidden);
        }
        let mut product = self.clone();
        match command {
            ProductCommand::Restore if self.is_live() => return Err(ProductRefusal::NotDeleted),
            ProductCommand::Restore => product.deleted_at = None,
            _ if !self.is_live() => return Err(ProductRefusal::Deleted),
            ProductCommand::Delete => product.deleted_at = Some(now),
            ProductCommand::Update(update) => {
                let ProductUpdate { name, description, price, stock } = update.clone();
                product.name = name.unwrap_or(product.name);
                product.description = description.unwrap_or(product.description);
                product.price = price.unwrap_or(product.price);
                product.stock = stock.unwrap_or(product.stock);
            }
        }
        if product != *self {
            product.version = self.version.next();
            product.revision = self.revision.next();
            product.updated_at = now;
        }
        let delta = product.stock.get() - self.stock.get();
        let movement = (delta != 0).then_some(StockMovement {
            product: self.id,
            revision: product.revision,
            kind: MovementKind::Correction,
            delta,
            balance: product.stock,
            moved_by: actor.user,
            at: now,
        });
        Ok(ProductChange { product, movement })
    }
}

#[cfg(test)]
mod tests;
