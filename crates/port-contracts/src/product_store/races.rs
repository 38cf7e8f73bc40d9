//! Concurrent changes of one product.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    ExpectedVersions, Version,
    order::port::PlaceError,
    product::{ProductCommand, ProductRefusal, ProductUpdate, port::ChangeProductError},
};

use crate::{
    ShopFixture,
    builders::{self, stock, timestamp},
    race, revision, version,
};

const RACERS: usize = 16;

fn set_stock(units: i64) -> ProductCommand {
    ProductCommand::Update(ProductUpdate { stock: Some(stock(units)), ..ProductUpdate::default() })
}

pub async fn of_concurrent_changes_at_one_version_one_succeeds(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let results = race(RACERS, |racer| {
        let (store, admin, id) = (shop.stores.products.clone(), shop.admin.actor(), product.id);
        let command = set_stock(100 + i64::try_from(racer).unwrap());
        let first = ExpectedVersions::from(Version::FIRST);
        async move { store.execute(id, &command, &first, admin, timestamp(1)).await }
    })
    .await;
    let stale = results.iter().filter(|result| {
        matches!(result, Err(ChangeProductError::VersionMismatch { current, .. }) if *current == version(1))
    });
    assert_eq!(stale.count(), RACERS - 1, "{results:?}");
    let won = results.into_iter().find_map(Result::ok).expect("one succeeds");
    assert_eq!(shop.live_product(product.id).await, *won);
}

pub async fn concurrent_changes_without_an_expected_version_all_succeed(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let results = race(RACERS, |racer| {
        let (store, admin, id) = (shop.stores.products.clone(), shop.admin.actor(), product.id);
        let command = set_stock(100 + i64::try_from(racer).unwrap());
        async move {
            let any = &ExpectedVersions::Any;
            store.execute(id, &command, any, admin, timestamp(1)).await.unwrap()
        }
    })
    .await;
    let mut versions: Vec<_> = results.iter().map(|changed| changed.version).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=16).map(version).collect::<Vec<_>>());
    let last = results.iter().max_by_key(|changed| changed.version).expect("there are racers");
    assert_eq!(shop.live_product(product.id).await, **last);
}

pub async fn of_concurrent_deletes_or_restores_one_succeeds(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    for (command, changes) in [(ProductCommand::Delete, 1), (ProductCommand::Restore, 2)] {
        let results = race(RACERS, |_| {
            let (shop, command, id) = (shop.clone(), command.clone(), product.id);
            async move { shop.try_change_product(id, &command, 1).await }
        })
        .await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        let refused = results.iter().filter(|result| {
            matches!(
                result,
                Err(ChangeProductError::NotFound
                    | ChangeProductError::Refused(ProductRefusal::NotDeleted))
            )
        });
        assert_eq!(refused.count(), RACERS - 1, "{results:?}");
        let at = results.into_iter().find_map(Result::ok).map(|product| product.version);
        assert_eq!(at, Some(version(changes)));
    }
}

pub async fn stock_updates_concurrent_with_orders_keep_stock_consistent(shop: ShopFixture) {
    let product = shop.product("Lamp", 50).await;
    let placed = race(RACERS, |racer| {
        let (shop, id) = (shop.clone(), product.id);
        async move {
            if racer % 4 == 0 {
                shop.try_change_product(id, &set_stock(50), 1).await.unwrap();
                return 0;
            }
            let order = builders::order(&shop.customer).with_line(id, 1).build();
            match shop.try_place(order).await {
                Ok(_) => 1,
                Err(PlaceError::Store(error)) => panic!("{error}"),
                Err(other) => panic!("there is enough stock: {other}"),
            }
        }
    })
    .await;
    assert_eq!(placed.iter().sum::<i64>(), 12);
    let left = shop.live_product(product.id).await;
    // Each order raises the revision. An update raises it, and the version, only if the stock
    // differs from the one it sets.
    let updates = left.version.get() - Version::FIRST.get();
    assert!((0..=4).contains(&updates), "{updates}");
    assert_eq!(left.revision, revision(12 + updates));
    assert!((38..=50).contains(&left.stock.get()), "{}", left.stock);
}

pub async fn an_order_concurrent_with_a_product_deletion_is_placed_before_it_or_refused(
    shop: ShopFixture,
) {
    for round in 0..8 {
        let product = shop.product(&format!("Lamp {round}"), 10).await;
        let results = race(8, |racer| {
            let (shop, id) = (shop.clone(), product.id);
            async move {
                if racer == 3 {
                    shop.try_change_product(id, &ProductCommand::Delete, 1).await.unwrap();
                    return 0;
                }
                let order = builders::order(&shop.customer).with_line(id, 1).build();
                match shop.try_place(order).await {
                    Ok(_) => 1,
                    Err(PlaceError::Refused(_)) => 0,
                    Err(other) => panic!("{other}"),
                }
            }
        })
        .await;
        let restored = shop.change_product(product.id, &ProductCommand::Restore).await;
        assert_eq!(restored.stock.get(), 10 - results.iter().sum::<i64>());
    }
}

pub async fn awaiting_open_transactions_returns_while_new_ones_begin(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    race(RACERS, |racer| {
        let (shop, id) = (shop.clone(), product.id);
        async move {
            if racer % 2 == 0 {
                shop.stores.products.await_open_transactions().await.unwrap();
            } else {
                shop.change_product(id, &set_stock(100)).await;
            }
        }
    })
    .await;
    shop.stores.products.await_open_transactions().await.unwrap();
    assert_eq!(shop.live_product(product.id).await.stock, stock(100));
}
