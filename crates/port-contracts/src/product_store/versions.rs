//! Optimistic locking: changes at an expected version.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    Version,
    product::{ProductCommand, ProductUpdate, port::ChangeProductError},
};

use crate::{
    ShopFixture,
    builders::{self, stock, timestamp},
    revision, version,
};

fn set_stock(units: i64) -> ProductCommand {
    ProductCommand::Update(ProductUpdate { stock: Some(stock(units)), ..ProductUpdate::default() })
}

pub async fn a_change_at_the_expected_version_succeeds(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let commands = [set_stock(6), ProductCommand::Delete, ProductCommand::Restore, set_stock(7)];
    for (changes, command) in (0..).zip(commands) {
        let (store, admin) = (&shop.stores.products, shop.admin.actor());
        let expected = Some(version(changes));
        let changed = store.execute(product.id, &command, expected, admin, timestamp(9)).await;
        assert_eq!(changed.unwrap().version, version(changes + 1));
    }
}

pub async fn a_change_at_another_version_is_refused_with_the_current_version(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let before = shop.set_stock(product.id, 6).await;
    let commands = [
        set_stock(7),
        ProductCommand::Delete,
        ProductCommand::Restore,
        ProductCommand::Update(ProductUpdate::default()),
    ];
    for expected in [Version::FIRST, version(2), Version::new(i64::MAX)] {
        for command in &commands {
            let (store, admin) = (&shop.stores.products, shop.admin.actor());
            let refused =
                store.execute(product.id, command, Some(expected), admin, timestamp(9)).await;
            match refused {
                Err(ChangeProductError::VersionMismatch { current }) => {
                    assert_eq!(current, version(1));
                }
                other => panic!("{command:?} at version {expected}: {other:?}"),
            }
        }
    }
    assert_eq!(shop.live_product(product.id).await, before, "nothing was written");
}

pub async fn only_a_restore_checks_the_version_of_a_deleted_product(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    shop.change_product(product.id, &ProductCommand::Delete).await;
    let (store, admin) = (&shop.stores.products, shop.admin.actor());
    for command in [set_stock(7), ProductCommand::Delete] {
        for expected in [Version::FIRST, version(1)] {
            let refused =
                store.execute(product.id, &command, Some(expected), admin, timestamp(9)).await;
            assert!(matches!(refused, Err(ChangeProductError::NotFound)), "{refused:?}");
        }
    }
    let stale = Some(Version::FIRST);
    let refused =
        store.execute(product.id, &ProductCommand::Restore, stale, admin, timestamp(9)).await;
    let now = version(1);
    let mismatch = ChangeProductError::VersionMismatch { current: now };
    assert_eq!(refused.unwrap_err().to_string(), mismatch.to_string());
    let current = Some(version(1));
    let restored =
        store.execute(product.id, &ProductCommand::Restore, current, admin, timestamp(9));
    assert_eq!(restored.await.unwrap().version, version(2));
}

pub async fn an_order_and_its_restock_each_raise_a_products_version_by_one(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let order = builders::order(&shop.customer)
        .with_line(product.id, 1)
        .with_line(product.id, 2)
        .with_timestamp(40)
        .build();
    let order = shop.place(order).await;
    let after = shop.live_product(product.id).await;
    assert_eq!(
        (after.version, after.revision, after.updated_at),
        (version(1), revision(1), timestamp(40))
    );
    assert_eq!(after.stock.get(), 2);
    let cancel = domain::order::OrderCommand::Cancel;
    shop.try_execute(order.id(), cancel, shop.customer.actor(), timestamp(50)).await.unwrap();
    let after = shop.live_product(product.id).await;
    assert_eq!(
        (after.version, after.revision, after.updated_at),
        (version(2), revision(2), timestamp(50))
    );
    assert_eq!(after.stock.get(), 5);
}
