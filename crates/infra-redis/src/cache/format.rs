//! How products and pages are written down in Redis.
//!
//! Compact JSON of types of its own, so that a change in the domain cannot change what another version of the
//! program, which shares the Redis, reads. Whoever changes these types raises [`FORMAT`]: values of
//! another format are as good as none.

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
    /// In hundredths.
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

/// Writes a product down; `None` if it is deleted.
pub(crate) fn write_product(product: &Product) -> Option<Vec<u8>> {
    serde_json::to_vec(&stored(product)?).ok()
}

/// Reads a product; `None` if that is none.
pub(crate) fn read_product(json: &[u8]) -> Option<Arc<Product>> {
    restored(serde_json::from_slice(json).ok()?)
}

/// Writes a page down; `None` if there is a deleted product on it.
pub(crate) fn write_page(page: &Page<Arc<Product>>) -> Option<Vec<u8>> {
    let items = page.items.iter().map(|product| stored(product)).collect::<Option<_>>()?;
    let page = StoredPage { items, total: page.total, next: page.next.map(Cursor::id) };
    serde_json::to_vec(&page).ok()
}

/// Reads a page; `None` if that is none.
pub(crate) fn read_page(json: &[u8]) -> Option<Arc<Page<Arc<Product>>>> {
    let page: StoredPage<'_> = serde_json::from_slice(json).ok()?;
    let items = page.items.into_iter().map(restored).collect::<Option<_>>()?;
    Some(Arc::new(Page { items, total: page.total, next: page.next.map(Cursor::after) }))
}

fn stored(product: &Product) -> Option<StoredProduct<'_>> {
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

fn restored(stored: StoredProduct<'_>) -> Option<Arc<Product>> {
    let description = stored.description.map(Description::parse).transpose().ok()?;
    Some(Arc::new(Product {
        id: ProductId::new(stored.id),
        name: ProductName::parse(stored.name).ok()?,
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
    fn whoever_changes_what_is_written_has_to_raise_the_format() {
        let json = String::from_utf8(write_product(&product()).unwrap()).unwrap();
        let expected = r#"{"id":7,"name":"Lamp \"𝄞\"","description":null,"price":1990,"#.to_owned()
            + r#""stock":9223372036854775807,"version":3,"revision":3,"#
            + r#""created_at":1713170096123457,"updated_at":-1}"#;
        assert_eq!((FORMAT, json), (2, expected));
        let page = Page { items: vec![], total: u64::MAX, next: Some(Cursor::after(i64::MIN)) };
        let json = String::from_utf8(write_page(&page).unwrap()).unwrap();
        assert_eq!(
            json,
            r#"{"items":[],"total":18446744073709551615,"next":-9223372036854775808}"#
        );
    }

    #[test]
    fn a_product_reads_back_equal() {
        let json = write_product(&product()).unwrap();
        assert_eq!(read_product(&json).as_deref(), Some(&product()));
    }

    #[test]
    fn what_is_no_product_is_not_read() {
        let json = String::from_utf8(write_product(&product()).unwrap()).unwrap();
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
            assert_eq!(read_product(json.as_bytes()), None, "{json}");
        }
    }

    #[test]
    fn a_deleted_product_is_not_written() {
        let deleted = Product { deleted_at: Some(Timestamp::UNIX_EPOCH), ..product() };
        assert_eq!(write_product(&deleted), None);
        let page = Page { items: vec![Arc::new(deleted)], total: 1, next: None };
        assert_eq!(write_page(&page), None);
    }
}
