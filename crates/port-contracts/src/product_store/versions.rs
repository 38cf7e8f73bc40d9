//! Optimistic locking: changes at an expected version.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    ExpectedVersions, SeenVersion, Version,
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
        let expected = version(changes).into();
        let changed = store.execute(product.id, &command, &expected, admin, timestamp(9)).await;
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
    let stale = [Version::FIRST, version(2), Version::new(i64::MAX)].map(ExpectedVersions::from);
    for expected in stale.into_iter().chain([ExpectedVersions::OneOf(Vec::new())]) {
        for command in &commands {
            let (store, admin) = (&shop.stores.products, shop.admin.actor());
            let refused = store.execute(product.id, command, &expected, admin, timestamp(9)).await;
            match refused {
                Err(ChangeProductError::VersionMismatch { current, revision: now }) => {
                    assert_eq!((current, now), (version(1), revision(1)));
                }
                other => panic!("{command:?} at {expected:?}: {other:?}"),
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
        for expected in [Version::FIRST, version(1)].map(ExpectedVersions::from) {
            let refused = store.execute(product.id, &command, &expected, admin, timestamp(9)).await;
            assert!(matches!(refused, Err(ChangeProductError::NotFound)), "{refused:?}");
        }
    }
    let (restore, stale) = (ProductCommand::Restore, Version::FIRST.into());
    let refused = store.execute(product.id, &restore, &stale, admin, timestamp(9)).await;
    let mismatch =
        ChangeProductError::VersionMismatch { current: version(1), revision: revision(1) };
    assert_eq!(refused.unwrap_err().to_string(), mismatch.to_string());
    let current = version(1).into();
    let restored = store.execute(product.id, &restore, &current, admin, timestamp(9));
    assert_eq!(restored.await.unwrap().version, version(2));
}

pub async fn an_order_and_its_restock_raise_a_products_revision_and_not_its_version(
    shop: ShopFixture,
) {
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
        (Version::FIRST, revision(1), timestamp(40))
    );
    assert_eq!(after.stock.get(), 2);
    let cancel = domain::order::OrderCommand::Cancel;
    shop.try_execute(order.id(), cancel, shop.customer.actor(), timestamp(50)).await.unwrap();
    let after = shop.live_product(product.id).await;
    assert_eq!(
        (after.version, after.revision, after.updated_at),
        (Version::FIRST, revision(2), timestamp(50))
    );
    assert_eq!(after.stock.get(), 5);
}

pub async fn a_sale_refuses_only_a_change_that_names_the_stock(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let seen = SeenVersion { version: product.version, revision: Some(product.revision) };
    let expected = ExpectedVersions::OneOf(vec![seen]);
    shop.place(builders::order(&shop.customer).with_line(product.id, 1).build()).await;
    let (store, admin) = (&shop.stores.products, shop.admin.actor());
    let execute = async |command: &ProductCommand, expected: &ExpectedVersions| {
        store.execute(product.id, command, expected, admin, timestamp(60)).await
    };
    let sold = shop.live_product(product.id).await;
    let refused = execute(&set_stock(5), &expected).await;
    let (current, revision) = (product.version, sold.revision);
    assert!(
        matches!(
            refused,
            Err(ChangeProductError::VersionMismatch { current: at, revision: now })
                if (at, now) == (current, revision)
        ),
        "{refused:?}"
    );
    assert_eq!(shop.live_product(product.id).await, sold, "nothing was written");
    let price = Some(builders::price("9.99"));
    let cheaper = ProductCommand::Update(ProductUpdate { price, ..ProductUpdate::default() });
    let changed = execute(&cheaper, &expected).await.unwrap();
    assert_eq!((changed.version, changed.stock), (version(1), stock(4)));
    // A version alone leaves the revision open.
    shop.place(builders::order(&shop.customer).with_line(product.id, 1).build()).await;
    let changed = execute(&set_stock(9), &version(1).into()).await.unwrap();
    assert_eq!((changed.version, changed.stock), (version(2), stock(9)));
}
