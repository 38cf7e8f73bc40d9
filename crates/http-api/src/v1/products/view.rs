//! The representation of a product on v1.

use std::sync::Arc;

use domain::{Timestamp, product::Product};
use serde::Serialize;

use crate::views::timestamp;

/// A product.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Product)]
pub(crate) struct ProductView {
    /// The id of the product.
    #[schema(example = 42)]
    id: i64,
    /// The name.
    #[schema(example = "Teapot, 1.2 l")]
    name: String,
    /// A description; `null` if there is none.
    #[schema(required, example = "Stoneware, glazed by hand.")]
    description: Option<String>,
    /// The price per unit: a decimal with two places.
    #[schema(example = "129.90")]
    price: String,
    /// The number of units that can be ordered.
    #[schema(example = 25)]
    stock: i64,
    /// The number of changes by staff plus one; sales and restocks do not count. The entity tag
    /// begins with it.
    #[schema(example = 1)]
    version: i64,
    /// The time of creation.
    #[serde(serialize_with = "timestamp")]
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    created_at: Timestamp,
    /// The time of the last change, including changes of stock.
    #[serde(serialize_with = "timestamp")]
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    updated_at: Timestamp,
}

impl From<&Product> for ProductView {
    fn from(product: &Product) -> Self {
        Self {
            id: product.id.get(),
            name: product.name.to_string(),
            description: product.description.as_ref().map(|text| text.as_str().to_owned()),
            price: product.price.to_string(),
            stock: product.stock.get(),
            version: product.version.get(),
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}

impl From<&Arc<Product>> for ProductView {
    fn from(product: &Arc<Product>) -> Self {
        Self::from(&**product)
    }
}
