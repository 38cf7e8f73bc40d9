//! Creating products and finding them.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{Description, Price, ProductId, ProductName, Stock, Version, product::NewProduct};

use crate::{
    ShopFixture,
    builders::{self, price, stock, timestamp},
};

pub async fn a_created_product_is_found(shop: ShopFixture) {
    let new =
        builders::product("Lamp").with_stock(7).with_price("129.90").with_description("Bright");
    let product = new.clone().with_timestamp(3);
    let product = product.create(shop.stores.products.as_ref(), shop.admin.actor()).await;
    let NewProduct { name, description, price, stock } = new.build();
    assert_eq!(product.name, name);
    assert_eq!(product.description, description);
    assert_eq!(product.price, price);
    assert_eq!(product.stock, stock);
    assert_eq!(product.version, Version::FIRST);
    assert_eq!((product.created_at, product.updated_at), (timestamp(3), timestamp(3)));
    assert_eq!(product.deleted_at, None);
    assert_eq!(shop.live_product(product.id).await, *product);
}

pub async fn a_product_may_be_created_with_zero_stock(shop: ShopFixture) {
    let product = shop.product("Lamp", 0).await;
    assert_eq!(shop.live_product(product.id).await.stock, Stock::EMPTY);
}

pub async fn an_unknown_product_is_not_found(shop: ShopFixture) {
    let product = shop.product("Lamp", 1).await;
    for id in [product.id.get() + 1, 0, -1, i64::MAX, i64::MIN] {
        assert_eq!(shop.stores.products.find(ProductId::new(id)).await.unwrap(), None);
    }
}

pub async fn products_may_share_a_name(shop: ShopFixture) {
    let one = shop.product("Lamp", 1).await;
    let other = shop.product("Lamp", 2).await;
    assert_ne!(one.id, other.id);
    assert_eq!(shop.live_product(one.id).await, *one);
    assert_eq!(shop.live_product(other.id).await, *other);
}

pub async fn a_missing_description_differs_from_an_empty_one(shop: ShopFixture) {
    let store = shop.stores.products.as_ref();
    let none = builders::product("Lamp").create(store, shop.admin.actor()).await;
    let empty = builders::product("Lamp").with_description("");
    let empty = empty.create(store, shop.admin.actor()).await;
    assert_eq!(shop.live_product(none.id).await.description, None);
    let found = shop.live_product(empty.id).await.description.expect("a description");
    assert_eq!(found.as_str(), "");
}

pub async fn boundary_values_are_stored_unchanged(shop: ShopFixture) {
    let greatest = NewProduct {
        name: ProductName::parse("𝄞".repeat(ProductName::MAX_CHARS)).unwrap(),
        description: Some(Description::parse("🪔".repeat(Description::MAX_CHARS)).unwrap()),
        price: Price::from_minor(Price::MAX_MINOR).unwrap(),
        stock: stock(Stock::MAX),
    };
    let least = NewProduct {
        name: ProductName::parse("x").unwrap(),
        description: Some(Description::parse(" \t\n'\"\\%_; --").unwrap()),
        price: price("0.01"),
        stock: Stock::EMPTY,
    };
    for new in [greatest, least] {
        let created =
            shop.stores.products.create(new.clone(), shop.admin.actor(), timestamp(0)).await;
        let found = shop.live_product(created.unwrap().id).await;
        let NewProduct { name, description, price, stock } = new;
        assert_eq!((found.name, found.description), (name, description));
        assert_eq!((found.price, found.stock), (price, stock));
    }
}
