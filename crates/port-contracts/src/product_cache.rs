//! What a product cache has to do.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use std::sync::Arc;

use domain::{
    ProductId, Version,
    product::{Product, ProductCache, ProductLookup},
};

use crate::builders;

pub async fn what_was_put_is_a_hit(cache: Arc<dyn ProductCache>) {
    let new = builders::product("Lamp").build();
    let product = Arc::new(Product {
        id: ProductId::new(1),
        name: new.name,
        description: new.description,
        price: new.price,
        stock: new.stock,
        version: Version::FIRST,
        created_at: builders::moment(0),
        updated_at: builders::moment(0),
        deleted_at: None,
    });
    let ProductLookup::Miss(lease) = cache.product(product.id).await else {
        panic!("an empty cache has nothing")
    };
    cache.put_product(lease, &product).await;
    assert_eq!(cache.product(product.id).await, ProductLookup::Hit(product));
}
