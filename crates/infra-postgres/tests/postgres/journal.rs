//! The journal with transactions that commit in another order, with damaged events, and with very
//! many rows.

use domain::{
    EventId,
    events::{
        EventType, ParkedState, Subscription,
        port::{
            EventFilter, EventReads as _, LeaseRequest, LeasedBatch, SubscriptionStore as _,
            UndeliveredFilter, WorkerId,
        },
    },
    order::{Order, OrderStatus},
};
use port_contracts::{
    ShopFixture, StoreFixture as _, builders,
    builders::timestamp,
    event_store::{all_events, settle},
};
use tokio_postgres::{Client, Transaction};

use crate::{
    fixture::TestStore,
    relays::{Taker, relay},
};

/// An event as a transaction of a program appends it: after the transaction has its id.
const APPEND: &str = "INSERT INTO events (type, data, at, account_id)
    SELECT 'account.changed', '{\"changed\": []}', now(), 1
    FROM (SELECT pg_current_xact_id() OFFSET 0) AS transaction RETURNING id";

async fn append(transaction: &Transaction<'_>) -> EventId {
    EventId::new(transaction.query_one(APPEND, &[]).await.unwrap().get(0))
}

async fn order(shop: &ShopFixture) -> Order {
    shop.place(builders::free_form(&shop.customer, "Lamp").build()).await
}

/// What a reader of the feed gets behind this event, and where its next page begins.
async fn feed(fixture: &TestStore, after: EventId) -> (Vec<EventId>, EventId) {
    let settled = fixture.store.settled().await.unwrap();
    let page = fixture.store.events(&EventFilter::default(), after, settled, 1_000).await.unwrap();
    (page.events.iter().map(|event| event.id).collect(), page.next_after)
}

async fn lease(fixture: &TestStore, worker: &str, seconds: i64) -> Option<LeasedBatch> {
    let known: Vec<&str> = EventType::ALL.iter().map(|known| known.as_str()).collect();
    let request = LeaseRequest {
        subscription: &Subscription::LOG,
        worker: &WorkerId::new(worker),
        now: timestamp(seconds),
        until: timestamp(seconds + 60),
        limit: 100,
        known_types: &known,
    };
    fixture.store.lease(&request).await.unwrap()
}

#[tokio::test]
async fn a_reader_waits_for_a_smaller_number_that_commits_later() {
    let fixture = TestStore::open().await;
    let shop = ShopFixture::open(fixture.stores()).await;
    settle(&fixture.stores()).await;
    let (_, start) = feed(&fixture, EventId::new(0)).await;
    let mut operator = fixture.database.operator().await;
    let late = operator.transaction().await.unwrap();
    let first = append(&late).await;
    let placed = order(&shop).await;
    for _ in 0..5 {
        assert_eq!(feed(&fixture, start).await, (vec![], start), "the first may be committed yet");
    }
    assert_eq!(shop.order(placed.id()).await, Some(placed), "the order is there");
    late.commit().await.unwrap();
    settle(&fixture.stores()).await;
    let (read, next) = feed(&fixture, start).await;
    assert_eq!((read.len(), read[0]), (2, first));
    assert_eq!(next, read[1]);
    assert_eq!(feed(&fixture, next).await, (vec![], next));
}

#[tokio::test]
async fn a_number_that_is_rolled_back_holds_up_no_reader() {
    let fixture = TestStore::open().await;
    let shop = ShopFixture::open(fixture.stores()).await;
    settle(&fixture.stores()).await;
    let (_, start) = feed(&fixture, EventId::new(0)).await;
    let mut operator = fixture.database.operator().await;
    let late = operator.transaction().await.unwrap();
    let never = append(&late).await;
    order(&shop).await;
    assert_eq!(feed(&fixture, start).await.0, []);
    late.rollback().await.unwrap();
    settle(&fixture.stores()).await;
    let (read, _) = feed(&fixture, start).await;
    assert!(read.len() == 1 && read[0] > never, "{read:?}");
}

#[tokio::test]
async fn transactions_that_overlap_in_a_chain_never_hide_an_event() {
    let fixture = TestStore::open().await;
    ShopFixture::open(fixture.stores()).await;
    settle(&fixture.stores()).await;
    let (_, mut position) = feed(&fixture, EventId::new(0)).await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(fixture.database.operator().await);
    }
    let (mut written, mut read) = (Vec::new(), Vec::new());
    let mut open: Vec<Transaction<'_>> = Vec::new();
    // There is always one that is open, and they commit in the wrong order.
    let mut rest = clients.iter_mut();
    for client in rest.by_ref().take(2) {
        let transaction = client.transaction().await.unwrap();
        written.push(append(&transaction).await);
        open.push(transaction);
    }
    for client in rest {
        let transaction = client.transaction().await.unwrap();
        written.push(append(&transaction).await);
        open.pop().unwrap().commit().await.unwrap();
        open.push(transaction);
        let (events, next) = feed(&fixture, position).await;
        position = next;
        read.extend(events);
    }
    for transaction in open.into_iter().rev() {
        transaction.commit().await.unwrap();
        let (events, next) = feed(&fixture, position).await;
        position = next;
        read.extend(events);
    }
    settle(&fixture.stores()).await;
    read.extend(feed(&fixture, position).await.0);
    assert_eq!(read, written);
}

#[tokio::test]
async fn a_worker_does_not_pass_a_smaller_number_that_commits_later() {
    let fixture = TestStore::open().await;
    let shop = ShopFixture::open(fixture.stores()).await;
    settle(&fixture.stores()).await;
    let mut operator = fixture.database.operator().await;
    let late = operator.transaction().await.unwrap();
    let first = append(&late).await;
    order(&shop).await;
    fixture.store.subscribe(&Subscription::LOG).await.unwrap();
    let batch = lease(&fixture, "w", 1_000).await.unwrap();
    assert!(batch.next.iter().all(|event| event.id < first), "{batch:?}");
    late.commit().await.unwrap();
    settle(&fixture.stores()).await;
    let batch = lease(&fixture, "w", 1_000).await.unwrap();
    assert!(batch.next.iter().any(|event| event.id == first));
}

#[tokio::test]
async fn a_worker_does_not_wait_for_a_subscription_that_another_writes() {
    let fixture = TestStore::open().await;
    ShopFixture::open(fixture.stores()).await;
    fixture.store.subscribe(&Subscription::LOG).await.unwrap();
    settle(&fixture.stores()).await;
    let mut operator = fixture.database.operator().await;
    let locking = operator.transaction().await.unwrap();
    locking.execute("UPDATE subscriptions SET failures = failures", &[]).await.unwrap();
    // If it waited for the lock, it would fail with a timeout.
    assert_eq!(lease(&fixture, "w", 1_000).await, None);
    locking.rollback().await.unwrap();
    assert!(lease(&fixture, "w", 1_000).await.is_some());
}

#[tokio::test]
async fn an_event_with_an_unreadable_trace_has_none() {
    let fixture = TestStore::open().await;
    let shop = ShopFixture::open(fixture.stores()).await;
    order(&shop).await;
    let operator = fixture.database.operator().await;
    let damage = "SET session_replication_role = replica;
        UPDATE events SET traceparent = 'not a traceparent'";
    operator.batch_execute(damage).await.unwrap();
    let events = all_events(&fixture.stores()).await;
    assert!(events.len() == 3 && events.iter().all(|event| event.trace.is_none()), "{events:?}");
}

async fn run(fixture: &TestStore, seconds: i64) {
    settle(&fixture.stores()).await;
    let relay = relay(&fixture.store, Taker::default().shared(), seconds);
    while relay.run_once(&|| false).await.unwrap().more {}
}

async fn parked(fixture: &TestStore) -> Vec<(ParkedState, u32, Option<String>)> {
    let parked = fixture.store.undelivered(UndeliveredFilter::All, None, 100).await.unwrap();
    parked
        .into_iter()
        .map(|event| (event.parked.state, event.parked.attempts, event.parked.last_error))
        .collect()
}

/// Two events of an order, of which the first is damaged, and one of another order.
async fn damaged(damage: &str) -> (TestStore, Client) {
    let fixture = TestStore::open().await;
    let shop = ShopFixture::open(fixture.stores()).await;
    let first = order(&shop).await;
    order(&shop).await;
    shop.change_status(first.id(), OrderStatus::Processing).await;
    fixture.store.subscribe(&Subscription::LOG).await.unwrap();
    let operator = fixture.database.operator().await;
    let statement = format!(
        "SET session_replication_role = replica;
         UPDATE events SET {damage} WHERE order_id = {} AND type = 'order.placed'",
        first.id()
    );
    operator.batch_execute(&statement).await.unwrap();
    (fixture, operator)
}

#[tokio::test]
async fn an_unreadable_event_is_dead_at_once_and_holds_back_only_its_order() {
    let (fixture, _operator) = damaged("data = '[1, 2]'").await;
    run(&fixture, 1_000).await;
    let parked = parked(&fixture).await;
    let [(ParkedState::Dead, 0, Some(reason)), (ParkedState::Waiting, 0, None)] = parked.as_slice()
    else {
        panic!("{parked:?}");
    };
    assert!(reason.contains("cannot be read"), "{reason}");
}

#[tokio::test]
async fn an_event_of_an_unknown_type_waits_for_a_worker_that_knows_it() {
    let (fixture, operator) = damaged("type = 'order.teleported'").await;
    run(&fixture, 1_000).await;
    let waiting = [(ParkedState::UnknownType, 0, None), (ParkedState::Waiting, 0, None)];
    assert_eq!(parked(&fixture).await, waiting);
    run(&fixture, 100_000).await;
    assert_eq!(parked(&fixture).await, waiting, "no attempt");
    // As if this were the newer worker.
    operator
        .batch_execute(
            "UPDATE events SET type = 'order.placed' WHERE type = 'order.teleported'; \
        UPDATE events SET data = (SELECT data FROM events WHERE type = 'order.placed' LIMIT 1)
        WHERE type = 'order.placed'",
        )
        .await
        .unwrap();
    run(&fixture, 100_001).await;
    run(&fixture, 100_001).await;
    assert_eq!(parked(&fixture).await, []);
}

#[tokio::test]
async fn an_event_whose_type_no_worker_learns_is_given_up_after_days() {
    let (fixture, _operator) = damaged("type = 'order.teleported'").await;
    run(&fixture, 1_000).await;
    run(&fixture, 1_000 + 5 * 24 * 3_600).await;
    let parked = parked(&fixture).await;
    assert_eq!(parked[0].0, ParkedState::Dead, "{parked:?}");
    assert_eq!(parked[1].0, ParkedState::Waiting);
}

/// The statistics of the server about reads of the journal.
async fn reads(operator: &Client, is_complete: impl Fn(i64) -> bool) -> (i64, i64) {
    let query = "SELECT seq_tup_read, coalesce(idx_tup_fetch, 0), n_tup_ins
        FROM pg_stat_user_tables WHERE relname = 'events'";
    loop {
        let row = operator.query_one(query, &[]).await.unwrap();
        if is_complete(row.get(2)) {
            return (row.get(0), row.get(1));
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn leasing_and_reading_look_only_at_what_is_new() {
    const EVENTS: i64 = 20_000;
    let fixture = TestStore::open().await;
    ShopFixture::open(fixture.stores()).await;
    fixture.store.subscribe(&Subscription::LOG).await.unwrap();
    let operator = fixture.database.operator().await;
    operator
        .batch_execute(&format!(
            "INSERT INTO events (type, data, at, account_id)
             SELECT 'account.changed', '{{\"changed\": []}}', now(), 1
             FROM generate_series(1, {EVENTS});
             ANALYZE events;
             UPDATE subscriptions SET position = (SELECT max(id) FROM events) - 100;"
        ))
        .await
        .unwrap();
    drop(operator);
    let operator = fixture.database.operator().await;
    settle(&fixture.stores()).await;
    let before = reads(&operator, |inserted| inserted >= EVENTS).await;
    let batch = lease(&fixture, "w", 1_000).await.unwrap();
    assert_eq!(batch.next.len(), 100);
    let (events, _) = feed(&fixture, batch.position).await;
    assert_eq!(events.len(), 100);
    fixture.store.close().await;
    let after = reads(&operator, |_| true).await;
    assert_eq!(after.0, before.0, "there was a sequential scan");
    assert!(after.1 - before.1 < 1_000, "{} rows were read", after.1 - before.1);
}
