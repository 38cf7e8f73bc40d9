//! Concurrent placements, cancellations and transitions.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::collections::HashSet;

use domain::{
    ExpectedVersions, Version,
    order::{
        Order, OrderCommand, OrderRefusal, OrderStatus, PlaceRefusal,
        port::{ExecuteOrderError, OrderFilter},
    },
};

use crate::{
    ShopFixture,
    builders::{self, stock, timestamp},
    race, refusal, revision, version,
};

/// How often a race of few commands is repeated, as a single run may miss an interleaving.
const REPETITIONS: usize = 12;

type Executed = Result<Order, ExecuteOrderError>;

/// Runs commands of the admin on one order concurrently.
async fn race_commands(
    shop: &ShopFixture,
    order: &Order,
    commands: &[OrderCommand],
    expected: &ExpectedVersions,
) -> Vec<Executed> {
    race(commands.len(), |racer| {
        let (store, admin) = (shop.stores.orders.clone(), shop.admin.actor());
        let (id, command, expected) = (order.id(), commands[racer], expected.clone());
        async move { store.execute(id, &command, &expected, admin, timestamp(1)).await }
    })
    .await
}

fn is_illegal(result: &Executed) -> bool {
    matches!(result, Err(ExecuteOrderError::Refused(OrderRefusal::IllegalTransition { .. })))
}

pub async fn sixty_four_concurrent_buyers_buy_exactly_the_stock(shop: ShopFixture) {
    const BUYERS: usize = 64;
    const ORDERS: usize = 2_000;
    const STOCK: i64 = 500;
    let lamp = shop.product("Lamp", STOCK).await;
    let bought = race(BUYERS, |buyer| {
        let (shop, lamp) = (shop.clone(), lamp.clone());
        async move {
            let mut placed = Vec::new();
            for _ in (buyer..ORDERS).step_by(BUYERS) {
                let order = builders::order(&shop.customer).with_line(lamp.id, 1).build();
                match shop.try_place(order).await {
                    Ok(placement) => placed.push(placement.order.id()),
                    refused => assert_eq!(
                        refusal(refused),
                        PlaceRefusal::InsufficientStock {
                            product: lamp.id,
                            requested: builders::quantity(1),
                            available: stock(0),
                        }
                    ),
                }
            }
            placed
        }
    })
    .await;
    let placed = bought.iter().flatten().count();
    let distinct: HashSet<_> = bought.into_iter().flatten().collect();
    assert_eq!((placed, distinct.len()), (500, 500));
    let left = shop.live_product(lamp.id).await;
    assert_eq!((left.stock, left.revision), (stock(0), revision(STOCK)));
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 500);
}

pub async fn orders_with_the_same_products_in_any_sequence_do_not_deadlock(shop: ShopFixture) {
    const STOCK: i64 = 120;
    let mut products = Vec::new();
    for number in 0..4 {
        products.push(shop.product(&format!("Product {number}"), STOCK).await.id);
    }
    let placed = race(24, |buyer| {
        let (shop, products) = (shop.clone(), products.clone());
        async move {
            let mut placed = Vec::new();
            for number in 0..10 {
                let mut order = builders::order(&shop.customer);
                for line in 0..3 {
                    let shift = if buyer % 2 == 0 { line } else { 4 - line };
                    let units = 1 + i64::try_from(line).unwrap();
                    order = order.with_line(products[(buyer + number + shift) % 4], units);
                }
                match shop.try_place(order.build()).await {
                    Ok(placement) => placed.push(placement.order),
                    refused => {
                        let why = refusal(refused);
                        let short = matches!(why, PlaceRefusal::InsufficientStock { .. });
                        assert!(short, "{why:?}");
                    }
                }
            }
            placed
        }
    })
    .await;
    let placed: Vec<_> = placed.into_iter().flatten().collect();
    assert!(!placed.is_empty() && placed.len() < 240, "{} of 240", placed.len());
    for product in products {
        let lines = placed.iter().flat_map(|order| order.content().lines());
        let sold: i64 =
            lines.filter(|line| line.product == product).map(|line| line.quantity.get()).sum();
        assert_eq!(
            shop.stock(product).await,
            STOCK - sold,
            "an order takes all of its units or none"
        );
    }
}

pub async fn of_concurrent_cancellations_one_succeeds_and_restocks_once(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    for _ in 0..REPETITIONS {
        let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 4).build()).await;
        let change = OrderCommand::ChangeStatus { to: OrderStatus::Cancelled };
        let commands = [OrderCommand::Cancel, OrderCommand::Cancel, change, OrderCommand::Cancel];
        let results = race_commands(&shop, &order, &commands, &ExpectedVersions::Any).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        assert_eq!(results.iter().filter(|result| is_illegal(result)).count(), 3, "{results:?}");
        assert_eq!(shop.stock(lamp.id).await, 10);
        assert_eq!(shop.events(order.id()).await.len(), 1);
    }
}

pub async fn of_concurrent_transitions_to_one_status_one_succeeds(shop: ShopFixture) {
    for _ in 0..REPETITIONS {
        let order = shop.place(builders::free_form(&shop.customer, "Lamp").build()).await;
        let change = OrderCommand::ChangeStatus { to: OrderStatus::Processing };
        let results = race_commands(&shop, &order, &[change; 4], &ExpectedVersions::Any).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        assert_eq!(results.iter().filter(|result| is_illegal(result)).count(), 3, "{results:?}");
        assert_eq!(shop.order(order.id()).await.unwrap().version(), version(1));
    }
}

pub async fn of_concurrent_commands_at_one_version_one_succeeds(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    for _ in 0..REPETITIONS {
        let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 1).build()).await;
        let commands = [
            OrderCommand::ChangeStatus { to: OrderStatus::Processing },
            OrderCommand::ChangeStatus { to: OrderStatus::Shipped },
            OrderCommand::Cancel,
        ];
        let results = race_commands(&shop, &order, &commands, &Version::FIRST.into()).await;
        let late = results.iter().filter(|result| {
            let current = version(1);
            let mismatch = OrderRefusal::VersionMismatch { current };
            matches!(result, Err(ExecuteOrderError::Refused(why)) if *why == mismatch)
        });
        assert_eq!(late.count(), 2, "{results:?}");
        let won = results.into_iter().find_map(Result::ok).expect("one succeeds");
        assert_eq!(shop.order(order.id()).await.as_ref(), Some(&won));
        if won.status() != OrderStatus::Cancelled {
            let stock = shop.stock(lamp.id).await;
            shop.set_stock(lamp.id, stock + 1).await;
        }
        assert_eq!(shop.stock(lamp.id).await, 10);
    }
}

pub async fn a_concurrent_cancellation_and_shipment_exclude_each_other(shop: ShopFixture) {
    for round in 0..REPETITIONS {
        let lamp = shop.product(&format!("Lamp {round}"), 10).await;
        let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 4).build()).await;
        let shipment = OrderCommand::ChangeStatus { to: OrderStatus::Shipped };
        let results =
            race_commands(&shop, &order, &[OrderCommand::Cancel, shipment], &ExpectedVersions::Any)
                .await;
        assert_eq!(results.iter().filter(|result| is_illegal(result)).count(), 1, "{results:?}");
        let won = results.into_iter().find_map(Result::ok).expect("one succeeds");
        let left = if won.status() == OrderStatus::Cancelled { 10 } else { 6 };
        assert_eq!(shop.stock(lamp.id).await, left, "{:?}", won.status());
        assert_eq!(shop.order(order.id()).await, Some(won));
        assert_eq!(shop.events(order.id()).await.len(), 1);
    }
}

pub async fn concurrent_deletions_and_a_cancellation_restock_once(shop: ShopFixture) {
    let lamp = shop.product("Lamp", 10).await;
    for _ in 0..REPETITIONS {
        let order = shop.place(builders::order(&shop.customer).with_line(lamp.id, 4).build()).await;
        let commands = [OrderCommand::Cancel, OrderCommand::Delete, OrderCommand::Delete];
        let results = race_commands(&shop, &order, &commands, &ExpectedVersions::Any).await;
        let deleted = results[1..].iter().filter(|result| result.is_ok()).count();
        assert_eq!(deleted, 1, "{results:?}");
        assert_eq!(shop.order(order.id()).await, None);
        assert_eq!(shop.stock(lamp.id).await, 10);
    }
}

pub async fn concurrent_orders_and_cancellations_keep_stock_consistent(shop: ShopFixture) {
    let (lamp, desk) = (shop.product("Lamp", 20).await, shop.product("Desk", 20).await);
    let kept = race(16, |buyer| {
        let (shop, lamp, desk) = (shop.clone(), lamp.id, desk.id);
        async move {
            let mut kept = 0;
            for number in 0..12 {
                let (first, second) = if buyer % 2 == 0 { (lamp, desk) } else { (desk, lamp) };
                let order = builders::order(&shop.customer).with_line(first, 1);
                let Ok(placement) = shop.try_place(order.with_line(second, 1).build()).await else {
                    continue;
                };
                if number % 6 == 5 {
                    kept += 1;
                } else {
                    let owner = shop.customer.actor();
                    let cancel = OrderCommand::Cancel;
                    shop.try_execute(placement.order.id(), cancel, owner, timestamp(1))
                        .await
                        .unwrap();
                }
            }
            kept
        }
    })
    .await;
    let kept: i64 = kept.iter().sum();
    assert_eq!((shop.stock(lamp.id).await, shop.stock(desk.id).await), (20 - kept, 20 - kept));
    let pending = OrderFilter { statuses: [OrderStatus::Pending].into(), ..OrderFilter::default() };
    assert_eq!(shop.count_orders(pending).await, u64::try_from(kept).unwrap());
}
