//! The rows of products and of stock movements.

use diesel::Queryable;
use domain::{
    Description, OrderId, Price, ProductId, ProductName, Revision, Stock, Timestamp, UserId,
    Version,
    product::{MovementKind, Product, StockMovement},
};

use crate::{ColumnValue, Unreadable};

/// A product, live or deleted.
#[derive(Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct ProductRow<Time> {
    pub id: i64,
    pub name: String,
    pub description: Option<String>,
    pub price: i64,
    pub stock: i64,
    pub version: i64,
    pub revision: i64,
    pub created_at: Time,
    pub updated_at: Time,
    pub deleted_at: Option<Time>,
}

/// The columns of a [`ProductRow`] in this table.
#[macro_export]
macro_rules! product_columns {
    ($products:ident) => {
        (
            $products::id,
            $products::name,
            $products::description,
            $products::price,
            $products::stock,
            $products::version,
            $products::revision,
            $products::created_at,
            $products::updated_at,
            $products::deleted_at,
        )
    };
}

impl<Time> ProductRow<Time> {
    /// The columns in SQL, for the table `products`.
    pub const COLUMNS: &str = "products.id, products.name, products.description, products.price, \
         products.stock, products.version, products.revision, products.created_at, products.updated_at, \
         products.deleted_at";
}

impl<Time: ColumnValue<Timestamp>> ProductRow<Time> {
    /// Converts the row to a product.
    ///
    /// # Errors
    /// [`Unreadable`] if the domain rejects a value.
    pub fn into_product(self) -> Result<Product, Unreadable> {
        let id = self.id;
        let unreadable = |reason: &dyn ToString| Unreadable::new("products", &id, reason);
        let time = |at: Time| at.read().map_err(|error| unreadable(&error));
        Ok(Product {
            id: ProductId::new(id),
            name: ProductName::restore(self.name).map_err(|error| unreadable(&error))?,
            description: self
                .description
                .map(Description::restore)
                .transpose()
                .map_err(|error| unreadable(&error))?,
            price: Price::from_minor(self.price).map_err(|error| unreadable(&error))?,
            stock: Stock::restore(self.stock).map_err(|error| unreadable(&error))?,
            version: Version::new(self.version),
            revision: Revision::new(self.revision),
            created_at: time(self.created_at)?,
            updated_at: time(self.updated_at)?,
            deleted_at: self.deleted_at.map(time).transpose()?,
        })
    }
}

/// A stock movement: all columns of `stock_movements`.
#[derive(Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct MovementRow<Time> {
    pub product_id: i64,
    pub id: i64,
    pub kind: String,
    pub delta: i64,
    pub balance: i64,
    pub order_id: Option<i64>,
    pub moved_by: i64,
    pub at: Time,
}

impl<Time: ColumnValue<Timestamp>> MovementRow<Time> {
    /// Converts the row to a movement.
    ///
    /// # Errors
    /// [`Unreadable`] if the domain rejects a value.
    pub fn into_movement(self) -> Result<StockMovement, Unreadable> {
        let (product, id) = (self.product_id, self.id);
        let unreadable = |reason: &dyn ToString| {
            Unreadable::new("stock_movements", &format!("{id} of product {product}"), reason)
        };
        let kind = MovementKind::parse(&self.kind, self.order_id.map(OrderId::new));
        Ok(StockMovement {
            product: ProductId::new(product),
            revision: Revision::new(id),
            kind: kind.ok_or_else(|| unreadable(&"kind"))?,
            delta: self.delta,
            balance: Stock::restore(self.balance).map_err(|error| unreadable(&error))?,
            moved_by: UserId::new(self.moved_by),
            at: self.at.read().map_err(|error| unreadable(&error))?,
        })
    }
}
