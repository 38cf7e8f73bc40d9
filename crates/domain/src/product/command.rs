//! Commands on a product, and the decision about them.

use super::{MovementKind, Product, StockMovement};
use crate::{
    Description, Price, ProductId, ProductName, Revision, Stock, Timestamp, Version,
    account::Actor,
    events::{Event, NewEvent, ProductState},
};

/// A product to be created. The store assigns the identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// The name of the product.
    pub name: ProductName,
    /// The description, if there is one.
    pub description: Option<Description>,
    /// The price of one unit.
    pub price: Price,
    /// The initial number of units.
    pub stock: Stock,
}

impl NewProduct {
    /// The product with this identifier, and the movement of its initial stock unless that is 0.
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
        let event = Event::ProductCreated(ProductState::from(&product));
        let event = Some(NewEvent::of_product(event, id, actor, now));
        ProductChange { product, movement, event }
    }
}

/// A change of a product's fields. `None` keeps the current value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductUpdate {
    /// The new name.
    pub name: Option<ProductName>,
    /// The new description; `Some(None)` removes it.
    pub description: Option<Option<Description>>,
    /// The new price. Placed orders keep theirs.
    pub price: Option<Price>,
    /// The new stock, in units.
    pub stock: Option<Stock>,
}

/// A command on a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductCommand {
    /// Changes fields.
    Update(ProductUpdate),
    /// Deletes the product: it is no longer listed and cannot be ordered.
    Delete,
    /// Restores a deleted product.
    Restore,
}

impl ProductCommand {
    /// Whether the command raises the stock of this product. Then the decision needs to know how
    /// many units open orders hold.
    pub fn raises_stock_of(&self, product: &Product) -> bool {
        matches!(self, Self::Update(ProductUpdate { stock: Some(stock), .. }) if *stock > product.stock)
    }

    /// Whether the command sets the stock.
    pub const fn names_stock(&self) -> bool {
        matches!(self, Self::Update(ProductUpdate { stock: Some(_), .. }))
    }
}

/// The result of a command on a product: data, for a store to commit in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductChange {
    /// The product in its new state; equal to the old one if nothing changes.
    pub product: Product,
    /// The movement to record, if the stock changes.
    pub movement: Option<StockMovement>,
    /// The event to append to the journal; `None` if nothing changes.
    pub event: Option<NewEvent>,
}

/// Why a command on a product is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProductRefusal {
    /// The actor is not staff.
    #[error("only staff may change products")]
    Forbidden,
    /// The product is deleted, so it accepts only a restore.
    #[error("the product is deleted")]
    Deleted,
    /// The product cannot be restored because it is not deleted.
    #[error("the product is not deleted")]
    NotDeleted,
    /// With the units that open orders hold, there would be more than [`Stock::MAX`]. They go back
    /// to the stock when the orders are cancelled, and nothing may stand in the way of that.
    #[error("must be at most {max}, as open orders hold {held} units")]
    TooManyOnHand {
        /// The greatest stock that can be set now.
        max: i64,
        /// The units that open orders hold.
        held: Stock,
    },
}

impl Product {
    /// Decides a command on this product. `held` is the number of units in live open orders, which
    /// is read only if the command [raises the stock](ProductCommand::raises_stock_of).
    ///
    /// # Errors
    /// [`ProductRefusal`]; the store must change nothing then.
    pub fn decide(
        &self,
        command: &ProductCommand,
        held: Stock,
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
                let max = Stock::MAX.saturating_sub(held.get()).max(self.stock.get());
                if stock.is_some_and(|stock| stock > self.stock && stock.get() > max) {
                    return Err(ProductRefusal::TooManyOnHand { max, held });
                }
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
        let event = (product != *self).then(|| {
            let state = ProductState::from(&product);
            let event = match command {
                ProductCommand::Update(_) => Event::ProductChanged(state),
                ProductCommand::Delete => Event::ProductDeleted(state),
                ProductCommand::Restore => Event::ProductRestored(state),
            };
            NewEvent::of_product(event, self.id, actor, now)
        });
        Ok(ProductChange { product, movement, event })
    }
}

#[cfg(test)]
mod tests;
