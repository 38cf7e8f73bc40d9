//! Totals are exact at all times, while counters are compacted in the background.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use domain::order::{OrderCommand, OrderStatus, port::OrderFilter};
use port_contracts::{ShopFixture, StoreFixture as _, builders, race};
use tokio_postgres::Client;

use crate::fixture::TestStore;

async fn deltas(operator: &Client) -> i64 {
    operator.query_one("SELECT count(*) FROM count_deltas", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn compaction_changes_no_total() {
    let (fixture, shop) = ShopFixture::on(TestStore::open().await).await;
    let chair = shop.product("Chair", 100).await;
    let mut orders = Vec::new();
    for _ in 0..7 {
        let order = builders::order(&shop.customer).with_line(chair.id, 1).build();
        orders.push(shop.place(order).await.id());
    }
    fixture.store.compact_counters().await.unwrap();
    shop.execute(orders[0], OrderCommand::Cancel).await;
    shop.execute(orders[1], OrderCommand::Delete).await;
    let filters = [
        OrderFilter::default(),
        OrderFilter { user: Some(shop.customer.id), ..OrderFilter::default() },
        OrderFilter { product: Some(chair.id), ..OrderFilter::default() },
        OrderFilter { statuses: [OrderStatus::Pending].into(), ..OrderFilter::default() },
        OrderFilter { statuses: [OrderStatus::Cancelled].into(), ..OrderFilter::default() },
    ];
    let expected = [6, 6, 6, 5, 1];
    for (filter, total) in filters.iter().zip(expected) {
        assert_eq!(shop.count_orders(filter.clone()).await, total, "{filter:?}");
    }
    fixture.store.compact_counters().await.unwrap();
    assert_eq!(deltas(&fixture.database.operator().await).await, 0);
    for (filter, total) in filters.iter().zip(expected) {
        assert_eq!(shop.count_orders(filter.clone()).await, total, "{filter:?}");
    }
    assert_eq!(fixture.findings().await, []);
}

#[tokio::test]
async fn a_store_compacts_counters_in_the_background() {
    let (fixture, shop) = ShopFixture::on(TestStore::open().await).await;
    shop.place(builders::free_form(&shop.customer, "A cake").build()).await;
    let operator = fixture.database.operator().await;
    while deltas(&operator).await > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(shop.count_orders(OrderFilter::default()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_are_exact_while_orders_arrive_and_several_processes_compact() {
    const PLACERS: usize = 16;
    const ORDERS: u64 = 40;
    let fixture = TestStore::open().await;
    let others = [fixture.database.store().await, fixture.database.store().await];
    let shop = ShopFixture::open(fixture.stores()).await;
    let chair = shop.product("Chair", 100_000).await.id;
    let (started, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let finished = Arc::new(AtomicBool::new(false));
    let compacting = others.map(|store| {
        let finished = finished.clone();
        tokio::spawn(async move {
            while !finished.load(Ordering::SeqCst) {
                store.compact_counters().await.unwrap();
            }
        })
    });
    let reading = {
        let (shop, finished, started, done) =
            (shop.clone(), finished.clone(), started.clone(), done.clone());
        tokio::spawn(async move {
            while !finished.load(Ordering::SeqCst) {
                for user in [None, Some(shop.customer.id)] {
                    for product in [None, Some(chair)] {
                        let least = done.load(Ordering::SeqCst);
                        let filter = OrderFilter { user, product, ..OrderFilter::default() };
                        let total = shop.count_orders(filter).await;
                        let most = started.load(Ordering::SeqCst);
                        assert!((least..=most).contains(&total), "{least} <= {total} <= {most}");
                    }
                }
            }
        })
    };
    race(PLACERS, |_| {
        let (shop, started, done) = (shop.clone(), started.clone(), done.clone());
        async move {
            for _ in 0..ORDERS {
                started.fetch_add(1, Ordering::SeqCst);
                shop.place(builders::order(&shop.customer).with_line(chair, 1).build()).await;
                done.fetch_add(1, Ordering::SeqCst);
            }
        }
    })
    .await;
    finished.store(true, Ordering::SeqCst);
    reading.await.unwrap();
    for task in compacting {
        task.await.unwrap();
    }
    let all = ORDERS * u64::try_from(PLACERS).unwrap();
    assert_eq!(shop.count_orders(OrderFilter::default()).await, all);
    assert_eq!(fixture.findings().await, []);
}

#[tokio::test]
async fn closing_waits_only_for_the_current_compaction_batch() {
    const BACKLOG: i64 = 100_000;
    let fixture = TestStore::open().await;
    let (operator, observer) =
        (fixture.database.operator().await, fixture.database.operator().await);
    operator
        .batch_execute(
            "INSERT INTO counts VALUES ('orders.pending', 0, 0) ON CONFLICT DO NOTHING;
             BEGIN; SELECT FROM counts FOR UPDATE",
        )
        .await
        .unwrap();
    let backlog = format!(
        "INSERT INTO count_deltas (kind, ref, delta)
         SELECT 'orders.pending', 0, 1 FROM generate_series(1, {BACKLOG})"
    );
    observer.batch_execute(&backlog).await.unwrap();
    // While the first batch is being compacted.
    fixture.database.until_a_session_is_blocked(&observer).await;
    let mut closing = Box::pin(fixture.store.close());
    assert!(futures::poll!(closing.as_mut()).is_pending());
    operator.batch_execute("ROLLBACK").await.unwrap();
    closing.await;
    assert!(deltas(&operator).await > 0, "the whole backlog was compacted");
}
