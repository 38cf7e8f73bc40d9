//! The serialization of products and pages in Redis.
//!
//! Compact JSON of separate types, so that a change in the domain cannot change the format, which
//! another version of the program may read from the same Redis. A change of these types must raise
//! [`FORMAT`]: entries of another format are ignored.

use std::{borrow::Cow, sync::Arc};

use domain::{
    Cursor, Description, Page, Price, ProductId, ProductName, Revision, Stock, Timestamp, Version,
    product::Product,
};
use serde::{Deserialize, Serialize};

pub(crate) const FORMAT: u32 = 2;

/// A live product.
#[derive(Serialize, Deserialize)]
struct StoredProduct<'a> {
    id: i64,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    description: Option<Cow<'a, str>>,
    /// In minor units (hundredths).
    price: i64,
    stock: i64,
    version: i64,
    revision: i64,
    /// In microseconds since 1970.
    created_at: i64,
    /// In microseconds since 1970.
    updated_at: i64,
}

#[derive(Serialize, Deserialize)]
struct StoredPage<'a> {
    #[serde(borrow)]
    items: Vec<StoredProduct<'a>>,
    total: u64,
    next: Option<i64>,
}

/// Serializes a product. `None` if it is deleted.
pub(crate) fn encode_product(product: &Product) -> Option<Vec<u8>> {
    serde_json::to_vec(&to_stored(product)?).ok()
}

/// Deserializes a product. `None` if the JSON is not a valid product.
pub(crate) fn decode_product(json: &[u8]) -> Option<Arc<Product>> {
    from_stored(serde_json::from_slice(json).ok()?)
}

/// Serializes a page. `None` if it contains a deleted product.
pub(crate) fn encode_page(page: &Page<Arc<Product>>) -> Option<Vec<u8>> {
    let items = page.items.iter().map(|product| to_stored(product)).collect::<Option<_>>()?;
    let page = StoredPage { items, total: page.total, next: page.next.map(Cursor::id) };
    serde_json::to_vec(&page).ok()
}

/// Deserializes a page. `None` if the JSON is not a valid page.
pub(crate) fn decode_page(json: &[u8]) -> Option<Arc<Page<Arc<Product>>>> {
    let page: StoredPage<'_> = serde_json::from_slice(json).ok()?;
    let items = page.items.into_iter().map(from_stored).collect::<Option<_>>()?;
    Some(Arc::new(Page { items, total: page.total, next: page.next.map(Cursor::after) }))
}

fn to_stored(product: &Product) -> Option<StoredProduct<'_>> {
    product.is_live().then(|| StoredProduct {
        id: product.id.get(),
        name: product.name.as_str().into(),
        description: product.description.as_ref().map(|text| text.as_str().into()),
        price: product.price.minor(),
        stock: product.stock.get(),
        version: product.version.get(),
        revision: product.revision.get(),
        created_at: product.created_at.timestamp_micros(),
        updated_at: product.updated_at.timestamp_micros(),
    })
}

fn from_stored(stored: StoredProduct<'_>) -> Option<Arc<Product>> {
    let description = stored.description.map(Description::restore).transpose().ok()?;
    Some(Arc::new(Product {
        id: ProductId::new(stored.id),
        name: ProductName::restore(stored.name).ok()?,
        description,
        price: Price::from_minor(stored.price).ok()?,
        stock: Stock::restore(stored.stock).ok()?,
        version: Version::new(stored.version),
        revision: Revision::new(stored.revision),
        created_at: Timestamp::from_timestamp_micros(stored.created_at)?,
        updated_at: Timestamp::from_timestamp_micros(stored.updated_at)?,
        deleted_at: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product() -> Product {
        Product {
            id: ProductId::new(7),
            name: ProductName::parse("Lamp \"𝄞\"").unwrap(),
            description: None,
            price: Price::from_minor(1_990).unwrap(),
            stock: Stock::restore(i64::MAX).unwrap(),
            version: Version::new(3),
            revision: Revision::new(3),
            created_at: Timestamp::from_timestamp_micros(1_713_170_096_123_457).unwrap(),
            updated_at: Timestamp::from_timestamp_micros(-1).unwrap(),
            deleted_at: None,
        }
    }

    #[test]
    fn a_change_of_the_serialization_must_raise_the_format() {
        let json = String::from_utf8(encode_product(&product()).unwrap()).unwrap();
        let expected = r#"{"id":7,"name":"Lamp \"𝄞\"","description":null,"price":1990,"#.to_owned()
            + r#""stock":9223372036854775807,"version":3,"revision":3,"#
            + r#""created_at":1713170096123457,"updated_at":-1}"#;
        assert_eq!((FORMAT, json), (2, expected));
        let page = Page { items: vec![], total: u64::MAX, next: Some(Cursor::after(i64::MIN)) };
        let json = String::from_utf8(encode_page(&page).unwrap()).unwrap();
        assert_eq!(
            json,
            r#"{"items":[],"total":18446744073709551615,"next":-9223372036854775808}"#
        );
    }

    #[test]
    fn a_product_survives_a_round_trip() {
        let json = encode_product(&product()).unwrap();
        assert_eq!(decode_product(&json).as_deref(), Some(&product()));
    }

    #[test]
    fn invalid_products_are_not_decoded() {
        let json = String::from_utf8(encode_product(&product()).unwrap()).unwrap();
        let broken = [
            String::new(),
            "{}".to_owned(),
            json.replace("1990", "0"),
            json.replace("9223372036854775807", "-1"),
            json.replace("\"id\":7", "\"id\":\"7\""),
            json.replace("1713170096123457", "9223372036854775807"),
            json.replace('}', ""),
        ];
        for json in broken {
            assert_eq!(decode_product(json.as_bytes()), None, "{json}");
        }
    }

    #[test]
    fn a_deleted_product_is_not_encoded() {
        let deleted = Product { deleted_at: Some(Timestamp::UNIX_EPOCH), ..product() };
        assert_eq!(encode_product(&deleted), None);
        let page = Page { items: vec![Arc::new(deleted)], total: 1, next: None };
        assert_eq!(encode_page(&page), None);
    }
}
