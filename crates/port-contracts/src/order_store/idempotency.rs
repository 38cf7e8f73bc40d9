//! Idempotency keys: sending an order again with the same key.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::collections::HashSet;

use domain::{
    OrderId,
    account::Account,
    order::{
        IdempotencyKey, NewOrder, OrderCommand, OrderStatus, PlaceRefusal,
        port::{OrderFilter, PlaceError},
    },
    product::{Product, ProductCommand},
};

use crate::{
    ShopFixture,
    builders::{self, timestamp},
    race, refusal,
};

const RACERS: usize = 50;

fn order(by: &Account, product: &Product, units: i64, key: &str) -> NewOrder {
    builders::order(by).with_line(product.id, units).with_key(key).build()
}

pub async fn resending_an_order_with_its_key_returns_the_same_order(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 7).await;
    let new = order(&shop.customer, &lamp, 3, "key");
    let first = shop.place(new.clone()).await;
    let again = NewOrder { placed_at: timestamp(30), ..new };
    for _ in 0..3 {
        let placement = shop.try_place(again.clone()).await.unwrap();
        assert!(placement.replayed);
        assert_eq!(placement.order, first);
    }
    assert_eq!(shop.stock(lamp.id).await, 4);
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 1);
}

pub async fn a_replay_returns_the_current_state_of_the_order(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 3).await;
    let new = order(&shop.customer, &lamp, 3, "key");
    let first = shop.place(new.clone()).await;
    let processing = shop.change_status(first.id(), OrderStatus::Processing).await;
    // Neither a stock of zero nor a deleted product prevents the replay.
    shop.change_product(lamp.id, &ProductCommand::Delete).await;
    let placement = shop.try_place(new).await.unwrap();
    assert!(placement.replayed);
    assert_eq!(placement.order, processing);
}

pub async fn a_free_form_order_is_replayed_by_its_key(shop: ShopFixture) {
    let new = builders::free_form(&shop.customer, "Lamp").with_key("key").build();
    let first = shop.place(new.clone()).await;
    let placement = shop.try_place(new).await.unwrap();
    assert_eq!((placement.replayed, placement.order), (true, first));
    let other = builders::free_form(&shop.customer, "Lamp").with_customer("Joan").with_key("key");
    assert_eq!(shop.place_refused(other.build()).await, PlaceRefusal::KeyReused);
}

pub async fn a_key_reused_for_a_different_order_is_refused(shop: ShopFixture) {
    let (lamp, desk) = (shop.product("Lamp", 7).await, shop.product("Desk", 7).await);
    shop.place(order(&shop.customer, &lamp, 3, "key")).await;
    let others = [
        order(&shop.customer, &lamp, 2, "key"),
        order(&shop.customer, &desk, 3, "key"),
        builders::free_form(&shop.customer, "Lamp").with_key("key").build(),
    ];
    for other in others {
        assert_eq!(shop.place_refused(other).await, PlaceRefusal::KeyReused);
    }
    assert_eq!((shop.stock(lamp.id).await, shop.stock(desk.id).await), (4, 7));
}

pub async fn idempotency_keys_are_scoped_to_an_account(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 7).await;
    let own = shop.place(order(&shop.customer, &lamp, 3, "key")).await;
    let other = shop.place(order(&shop.admin, &lamp, 3, "key")).await;
    let third = shop.register("third@example.com").await;
    let other_content = shop.place(order(&third, &lamp, 1, "key")).await;
    assert_eq!(HashSet::from([own.id(), other.id(), other_content.id()]).len(), 3);
    assert_eq!(shop.stock(lamp.id).await, 0);
}

pub async fn idempotency_keys_are_compared_exactly(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 100).await;
    let longest = "k".repeat(IdempotencyKey::MAX_CHARS);
    let keys = ["key", "KEY", "key ", " key", "k%", "k_", "'", "\\", &longest, &longest[1..]];
    let mut placed = HashSet::new();
    for key in keys {
        placed.insert(shop.place(order(&shop.customer, &lamp, 1, key)).await.id());
    }
    assert_eq!(placed.len(), keys.len());
    for key in keys {
        let again = shop.try_place(order(&shop.customer, &lamp, 1, key)).await.unwrap();
        assert!(again.replayed, "{key}");
    }
    assert_eq!(shop.stock(lamp.id).await, 90);
}

pub async fn a_key_is_used_once_its_account_has_placed_an_order_with_it(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 7).await;
    let is_used = async |by: &Account, key: &str| {
        let key = IdempotencyKey::parse(key).unwrap();
        shop.stores.orders.is_key_used(by.id, &key).await.unwrap()
    };
    shop.place_refused(order(&shop.customer, &lamp, 8, "key")).await;
    assert!(!is_used(&shop.customer, "key").await, "a refused order uses up no key");
    let placed = shop.place(order(&shop.customer, &lamp, 1, "key")).await;
    assert!(is_used(&shop.customer, "key").await);
    assert!(!is_used(&shop.customer, "other key").await);
    assert!(!is_used(&shop.admin, "key").await);
    shop.execute(placed.id(), OrderCommand::Delete).await;
    assert!(is_used(&shop.customer, "key").await, "also of a deleted order");
}

pub async fn equal_orders_without_a_key_are_separate_orders(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 7).await;
    let new = builders::order(&shop.customer).with_line(lamp.id, 3).build();
    let first = shop.place(new.clone()).await;
    let second = shop.place(new).await;
    assert_ne!(first.id(), second.id());
    assert_eq!(shop.stock(lamp.id).await, 1);
}

pub async fn a_refused_order_does_not_use_up_its_key(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 2).await;
    let new = order(&shop.customer, &lamp, 3, "key");
    for _ in 0..2 {
        let refused = shop.place_refused(new.clone()).await;
        assert!(matches!(refused, PlaceRefusal::InsufficientStock { .. }), "{refused:?}");
    }
    shop.set_stock(lamp.id, 5).await;
    let placed = shop.place(new.clone()).await;
    assert_eq!(shop.try_place(new).await.unwrap().order, placed);

    let too_large = order(&shop.customer, &lamp, 100, "other key");
    shop.place_refused(too_large).await;
    shop.place(order(&shop.customer, &lamp, 1, "other key")).await;
    assert_eq!(shop.stock(lamp.id).await, 1);
}

pub async fn a_cancelled_order_keeps_its_key(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 7).await;
    let new = order(&shop.customer, &lamp, 3, "key");
    let first = shop.place(new.clone()).await;
    let cancelled = shop.execute(first.id(), OrderCommand::Cancel).await;
    let again = shop.try_place(new).await.unwrap();
    assert_eq!((again.replayed, again.order), (true, cancelled));
    assert_eq!(shop.stock(lamp.id).await, 7);
}

pub async fn resending_a_deleted_order_does_not_place_it_again(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 7).await;
    let new = order(&shop.customer, &lamp, 3, "key");
    let first = shop.place(new.clone()).await;
    shop.execute(first.id(), OrderCommand::Delete).await;
    let again = shop.try_place(new).await;
    assert!(matches!(again, Err(PlaceError::PlacedAndDeleted)), "{again:?}");
    let other = shop.place_refused(order(&shop.customer, &lamp, 1, "key")).await;
    assert_eq!(other, PlaceRefusal::KeyReused);
    assert_eq!(shop.stock(lamp.id).await, 7);
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 0);
}

pub async fn of_fifty_concurrent_orders_with_one_key_one_is_placed(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 1_000).await;
    let placements = race(RACERS, |_| {
        let (shop, new) = (shop.clone(), order(&shop.customer, &lamp, 3, "key"));
        async move { shop.try_place(new).await.unwrap() }
    })
    .await;
    let ids: HashSet<OrderId> = placements.iter().map(|placement| placement.order.id()).collect();
    assert_eq!(ids.len(), 1, "all are the same order");
    let replayed = placements.iter().filter(|placement| placement.replayed).count();
    assert_eq!(replayed, RACERS - 1);
    assert_eq!(shop.stock(lamp.id).await, 997);
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 1);
}

pub async fn of_concurrent_orders_with_one_key_and_different_content_one_content_is_placed(
    shop: ShopFixture,
) {
    let lamp = shop.product("Lamp", 1_000).await;
    let results = race(RACERS, |racer| {
        let units = if racer % 2 == 0 { 1 } else { 2 };
        let (shop, new) = (shop.clone(), order(&shop.customer, &lamp, units, "key"));
        async move { (units, shop.try_place(new).await) }
    })
    .await;
    let won = 1_000 - shop.stock(lamp.id).await;
    assert!(won == 1 || won == 2, "{won}");
    let mut first_placed = 0;
    for (units, result) in results {
        if units == won {
            first_placed += usize::from(!result.unwrap().replayed);
        } else {
            assert_eq!(refusal(result), PlaceRefusal::KeyReused);
        }
    }
    assert_eq!(first_placed, 1);
}

pub async fn concurrent_replays_never_sell_more_than_the_stock(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 5).await;
    // Ten keys, each sent five times, for five units in stock.
    let results = race(RACERS, |racer| {
        let key = format!("key {}", racer % 10);
        let (shop, new) = (shop.clone(), order(&shop.customer, &lamp, 1, &key));
        async move { shop.try_place(new).await }
    })
    .await;
    let first = results.iter().filter(|result| matches!(result, Ok(one) if !one.replayed)).count();
    let again = results.iter().filter(|result| matches!(result, Ok(one) if one.replayed)).count();
    assert_eq!((first, again), (5, 20), "{results:?}");
    for result in results.into_iter().filter(Result::is_err) {
        assert!(matches!(refusal(result), PlaceRefusal::InsufficientStock { .. }));
    }
    assert_eq!(shop.stock(lamp.id).await, 0);
}
