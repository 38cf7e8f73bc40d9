//! Updating, deleting and restoring products.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    Description, ExpectedVersions, ProductId,
    product::{Product, ProductCommand, ProductRefusal, ProductUpdate, port::ChangeProductError},
};

use crate::{
    ShopFixture,
    builders::{self, price, product_name, stock, timestamp},
    revision, version,
};

/// Applies the expected change of a command to a product.
type Apply = fn(&mut Product);

fn update(change: impl FnOnce(&mut ProductUpdate)) -> ProductCommand {
    let mut update = ProductUpdate::default();
    change(&mut update);
    ProductCommand::Update(update)
}

pub async fn an_update_changes_only_the_given_fields(shop: ShopFixture) {
    let described = builders::product("Lamp").with_description("Bright");
    let described = described.create(shop.stores.products.as_ref(), shop.admin.actor()).await;
    let mut expected = described.as_ref().clone();
    let updates: [(ProductCommand, Apply); 6] = [
        (update(|to| to.name = Some(product_name("Torch"))), |p| p.name = product_name("Torch")),
        (update(|to| to.price = Some(price("0.99"))), |p| p.price = price("0.99")),
        (update(|to| to.stock = Some(stock(3))), |p| p.stock = stock(3)),
        (update(|to| to.stock = Some(stock(30))), |p| p.stock = stock(30)),
        (update(|to| to.description = Some(Description::parse("").ok())), |p| {
            p.description = Description::parse("").ok();
        }),
        (update(|to| to.description = Some(None)), |p| p.description = None),
    ];
    for (seconds, (command, apply)) in (1..).zip(updates) {
        apply(&mut expected);
        expected.version = version(seconds);
        expected.revision = revision(seconds);
        expected.updated_at = timestamp(seconds);
        let changed = shop.try_change_product(described.id, &command, seconds).await.unwrap();
        assert_eq!(*changed, expected);
        assert_eq!(shop.live_product(described.id).await, expected);
    }
}

pub async fn an_update_may_change_all_fields_at_once(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let command = ProductCommand::Update(ProductUpdate {
        name: Some(product_name("Torch")),
        description: Some(Description::parse("Hot").ok()),
        price: Some(price("99999999.99")),
        stock: Some(stock(0)),
    });
    let changed = shop.try_change_product(product.id, &command, 9).await.unwrap();
    let expected = Product {
        name: product_name("Torch"),
        description: Description::parse("Hot").ok(),
        price: price("99999999.99"),
        stock: stock(0),
        version: version(1),
        revision: revision(1),
        updated_at: timestamp(9),
        ..product.as_ref().clone()
    };
    assert_eq!(*changed, expected);
    assert_eq!(shop.live_product(product.id).await, expected);
}

pub async fn an_update_without_changes_keeps_the_version(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let same = ProductCommand::Update(ProductUpdate {
        name: Some(product.name.clone()),
        description: Some(None),
        price: Some(product.price),
        stock: Some(product.stock),
    });
    for command in [ProductCommand::Update(ProductUpdate::default()), same] {
        let unchanged = shop.try_change_product(product.id, &command, 9).await.unwrap();
        assert_eq!(unchanged, product);
        assert_eq!(shop.live_product(product.id).await, *product);
    }
}

pub async fn a_deleted_product_is_not_found(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let deleted = shop.try_change_product(product.id, &ProductCommand::Delete, 7).await.unwrap();
    assert_eq!(deleted.deleted_at, Some(timestamp(7)));
    assert_eq!((deleted.version, deleted.updated_at), (version(1), timestamp(7)));
    assert_eq!(shop.stores.products.find(product.id).await.unwrap(), None);
}

pub async fn restoring_a_product_brings_it_back_unchanged(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    shop.try_change_product(product.id, &ProductCommand::Delete, 7).await.unwrap();
    let restored = shop.try_change_product(product.id, &ProductCommand::Restore, 8).await.unwrap();
    let (version, revision) = (version(2), revision(2));
    let expected =
        Product { version, revision, updated_at: timestamp(8), ..product.as_ref().clone() };
    assert_eq!(*restored, expected);
    assert_eq!(shop.live_product(product.id).await, expected);
}

pub async fn a_deleted_product_can_only_be_restored(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    shop.change_product(product.id, &ProductCommand::Delete).await;
    let rename = update(|to| to.name = Some(product_name("Torch")));
    for command in [ProductCommand::Delete, rename, update(|_| {})] {
        let refused = shop.try_change_product(product.id, &command, 9).await;
        assert!(matches!(refused, Err(ChangeProductError::NotFound)), "{refused:?}");
    }
    let restored = shop.change_product(product.id, &ProductCommand::Restore).await;
    assert_eq!((restored.version, restored.name), (version(2), product.name.clone()));
}

pub async fn a_live_product_cannot_be_restored(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let refused = shop.try_change_product(product.id, &ProductCommand::Restore, 9).await;
    let not_deleted = ProductRefusal::NotDeleted;
    assert!(matches!(refused, Err(ChangeProductError::Refused(why)) if why == not_deleted));
    assert_eq!(shop.live_product(product.id).await, *product);
}

pub async fn changing_an_unknown_product_fails_with_not_found(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let unknown = ProductId::new(product.id.get() + 1_000);
    for command in [ProductCommand::Delete, ProductCommand::Restore, update(|_| {})] {
        let refused = shop.try_change_product(unknown, &command, 9).await;
        assert!(matches!(refused, Err(ChangeProductError::NotFound)), "{refused:?}");
    }
}

pub async fn a_user_who_is_not_an_admin_cannot_change_products(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let rename = update(|to| to.name = Some(product_name("Torch")));
    for command in [ProductCommand::Delete, rename] {
        let (store, user) = (&shop.stores.products, shop.customer.actor());
        let refused =
            store.execute(product.id, &command, &ExpectedVersions::Any, user, timestamp(9)).await;
        let forbidden = ProductRefusal::Forbidden;
        assert!(matches!(refused, Err(ChangeProductError::Refused(why)) if why == forbidden));
    }
    assert_eq!(shop.live_product(product.id).await, *product);
}
