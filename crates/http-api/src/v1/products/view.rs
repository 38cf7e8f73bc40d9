//! A product as v1 shows it.

use std::sync::Arc;

use domain::{Timestamp, product::Product};
use serde::Serialize;

use crate::views::timestamp;

/// A product.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Product)]
pub(crate) struct ProductView {
    /// Its number.
    #[schema(example = 42)]
    id: i64,
    /// What it is called.
    #[schema(example = "Teapot, 1.2 l")]
    name: String,
    /// More about it.
    #[schema(required, example = "Stoneware, glazed by hand.")]
    description: Option<String>,
    /// What one piece costs: a decimal with two places.
    #[schema(example = "129.90")]
    price: String,
    /// How many pieces can be ordered.
    #[schema(example = 25)]
    stock: i64,
    /// How often it changed, plus one; its entity tag.
    #[schema(example = 1)]
    version: i64,
    /// When it was made.
    #[serde(serialize_with = "timestamp")]
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    created_at: Timestamp,
    /// When it last changed, in its stock as well.
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
