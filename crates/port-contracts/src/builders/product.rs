//! Products.

use std::sync::Arc;

use domain::{
    Description, Price, ProductName, Stock,
    account::Actor,
    product::{NewProduct, Product, port::ProductStore},
};

use super::timestamp;

/// A product that a test is about to create.
#[derive(Debug, Clone)]
pub struct ProductBuilder {
    product: NewProduct,
    seconds: i64,
}

/// A product with this name, no description, a price of 10.00 and a stock of ten.
pub fn product(name: &str) -> ProductBuilder {
    let product = NewProduct {
        name: product_name(name),
        description: None,
        price: price("10.00"),
        stock: stock(10),
    };
    ProductBuilder { product, seconds: 0 }
}

impl ProductBuilder {
    /// With this stock.
    #[must_use]
    pub fn with_stock(mut self, units: i64) -> Self {
        self.product.stock = stock(units);
        self
    }

    /// With this price, such as `129.90`.
    #[must_use]
    pub fn with_price(mut self, raw: &str) -> Self {
        self.product.price = price(raw);
        self
    }

    /// With this description.
    #[must_use]
    pub fn with_description(mut self, raw: &str) -> Self {
        self.product.description = Some(Description::parse(raw).expect("a description"));
        self
    }

    /// Created at this [`timestamp`].
    #[must_use]
    pub fn with_timestamp(mut self, seconds: i64) -> Self {
        self.seconds = seconds;
        self
    }

    /// The product, ready to create.
    pub fn build(self) -> NewProduct {
        self.product
    }

    /// Creates the product as `actor`.
    pub async fn create(self, store: &dyn ProductStore, actor: Actor) -> Arc<Product> {
        let created = store.create(self.product, actor, timestamp(self.seconds)).await;
        created.expect("the product is created")
    }
}

/// A product's name.
pub fn product_name(raw: &str) -> ProductName {
    ProductName::parse(raw).expect("a product's name")
}

/// A price, such as `129.90`.
pub fn price(raw: &str) -> Price {
    Price::parse(raw).expect("a price")
}

/// A stock of this many units.
pub fn stock(units: i64) -> Stock {
    Stock::new(units).expect("a stock")
}
