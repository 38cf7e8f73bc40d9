//! Orders in the queue while a lock delays others: their wait is limited, and no longer than
//! necessary.

use std::time::Duration;

use domain::{
    StoreError,
    order::{
        NewOrder,
        port::{OrderFilter, OrderWrites as _, PlaceError, Placement},
    },
};
use futures::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use infra_postgres::{PlacementOptions, PostgresOptions};
use port_contracts::{ShopFixture, builders, findings};

use crate::{
    fixture::{TestStore, UNREACHED_TIMEOUT, options, with_long_timeouts},
    placement::place,
};

const SHORT_TIMEOUT: Duration = Duration::from_millis(500);

fn is_unavailable(result: &Result<Placement, PlaceError>) -> bool {
    matches!(result, Err(PlaceError::Store(StoreError::Unavailable(_))))
}

#[tokio::test]
async fn callers_time_out_at_a_full_queue_and_their_orders_are_not_placed_later() {
    let placements = PlacementOptions { in_flight: 1, queue: 2, ..PlacementOptions::default() };
    let options = PostgresOptions {
        placements: PlacementOptions { queue_timeout: UNREACHED_TIMEOUT, ..placements },
        connection_wait: SHORT_TIMEOUT,
        ..with_long_timeouts()
    };
    let (TestStore { store, database }, shop) =
        ShopFixture::on(TestStore::open_with(options).await).await;
    let chair = shop.product("Chair", 10).await;
    let order = || builders::order(&shop.customer).with_line(chair.id, 1).build();
    let (operator, observer) = (database.operator().await, database.operator().await);
    operator.batch_execute("BEGIN; SELECT FROM products FOR UPDATE").await.unwrap();
    let first = place(&store, order());
    database.until_a_session_is_blocked(&observer).await;

    // Two of these are queued; the other four wait until there is room in the queue, and time out.
    let mut others: FuturesUnordered<_> = (0..6).map(|_| place(&store, order())).collect();
    for _ in 0..4 {
        let rejected = others.next().await.unwrap().unwrap();
        assert!(is_unavailable(&rejected), "{rejected:?}");
    }
    operator.batch_execute("ROLLBACK").await.unwrap();
    first.await.unwrap().unwrap();
    while let Some(placed) = others.next().await {
        placed.unwrap().unwrap();
    }
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 3);
    assert_eq!(shop.stock(chair.id).await, 7);
}

#[tokio::test]
async fn an_order_whose_queue_timeout_expires_is_not_placed_later() {
    let placements =
        PlacementOptions { in_flight: 1, queue_timeout: SHORT_TIMEOUT, ..options().placements };
    let options = PostgresOptions { placements, ..with_long_timeouts() };
    let (TestStore { store, database }, shop) =
        ShopFixture::on(TestStore::open_with(options).await).await;
    let chair = shop.product("Chair", 10).await;
    let order = || builders::order(&shop.customer).with_line(chair.id, 1).build();
    let (operator, observer) = (database.operator().await, database.operator().await);
    operator.batch_execute("BEGIN; SELECT FROM products FOR UPDATE").await.unwrap();
    let first = place(&store, order());
    database.until_a_session_is_blocked(&observer).await;
    let late = shop.try_place(order()).await;
    assert!(is_unavailable(&late), "{late:?}");
    assert!(!first.is_finished(), "its batch has started");

    operator.batch_execute("ROLLBACK").await.unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 1);
    assert_eq!(findings(store.as_ref()).await, []);
}

#[tokio::test]
async fn a_locked_product_delays_only_orders_that_contain_it() {
    let placements = PlacementOptions { in_flight: 1, ..options().placements };
    let (TestStore { store, database }, shop) = ShopFixture::on(
        TestStore::open_with(PostgresOptions {
            placements,
            lock_timeout: SHORT_TIMEOUT,
            ..options()
        })
        .await,
    )
    .await;
    let (chair, lamp) = (shop.product("Chair", 99).await, shop.product("Lamp", 99).await);
    let lamps = |count| builders::order(&shop.customer).with_line(lamp.id, count);
    let cake = || builders::free_form(&shop.customer, "A cake").build();
    let operator = database.operator().await;
    let lock = format!("BEGIN; SELECT FROM products WHERE id = {} FOR UPDATE", chair.id);
    operator.batch_execute(&lock).await.unwrap();

    let wanted: Vec<NewOrder> = (0..20)
        .map(|number| match number % 5 {
            0 => lamps(1).with_line(chair.id, 1).build(),
            1 => builders::order(&shop.customer).with_line(chair.id, 1).build(),
            2 => cake(),
            _ => lamps(1).build(),
        })
        .collect();
    // All are queued before the task runs, and so share a batch.
    let mut placing: Vec<_> = wanted.iter().map(|order| store.place(vec![order.clone()])).collect();
    for order in &mut placing {
        assert!(futures::poll!(order.as_mut()).is_pending());
    }
    let results = futures::future::join_all(placing).map(Vec::into_iter).await;
    for (number, mut result) in results.enumerate() {
        let result = result.remove(0);
        match number % 5 {
            0 | 1 => assert!(is_unavailable(&result), "{number}: {result:?}"),
            _ => assert!(result.is_ok(), "{number}: {result:?}"),
        }
    }
    operator.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(shop.stock(chair.id).await, 99);
    assert_eq!(shop.stock(lamp.id).await, 99 - 8);
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 12);
    assert_eq!(findings(store.as_ref()).await, []);
}
