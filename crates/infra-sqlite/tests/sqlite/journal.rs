//! The journal of a shop whose file another program has damaged, or that is copied into a file that
//! a server was started on.

use diesel::connection::SimpleConnection as _;
use domain::{
    EventId, StoreError, TraceParent,
    archive::{ArchiveSource as _, ArchiveTable, ArchiveTarget as _, ImportError, ImportObserver},
    events::{
        Subscription,
        port::{EventReads as _, LeaseRequest, LeasedBatch, SubscriptionStore as _, WorkerId},
    },
};
use port_contracts::{
    StoreFixture as _, auditor::damage::shop, builders, builders::timestamp,
    event_store::all_events,
};

use crate::{constraints::connect, fixture::Database};

struct NoProgress;

impl ImportObserver for NoProgress {
    fn copying(&mut self, _table: ArchiveTable, _rows: u64) {}

    fn copied(&mut self, _rows: u64) {}
}

async fn import(from: &Database, to: &Database) -> Result<(), ImportError> {
    let mut snapshot = from.store().snapshot().await.unwrap();
    to.store().import(snapshot.as_mut(), &mut NoProgress).await
}

async fn lease(database: &Database, worker: &str) -> Result<Option<LeasedBatch>, StoreError> {
    let request = LeaseRequest {
        subscription: &Subscription::LOG,
        worker: &WorkerId::new(worker),
        now: timestamp(1_000),
        until: timestamp(1_060),
        limit: 100,
        known_types: &[],
    };
    database.store().lease(&request).await
}

#[tokio::test]
async fn a_shop_is_copied_into_a_file_on_which_a_server_was_started() {
    let (from, to) = (Database::migrated(), Database::migrated());
    shop(from.stores()).await;
    from.store().subscribe(&Subscription::LOG).await.unwrap();
    assert!(lease(&from, "a").await.unwrap().is_some());
    for subscription in [Subscription::LOG, Subscription::STREAM] {
        to.store().subscribe(&subscription).await.unwrap();
    }
    import(&from, &to).await.unwrap();
    assert_eq!(to.store().lags().await.unwrap(), from.store().lags().await.unwrap());
    assert!(lease(&to, "b").await.unwrap().is_some(), "the lease is not copied");
    let events = all_events(&to.stores()).await;
    assert_eq!(to.findings().await, []);
    let last = events[events.len() - 1].id.get();
    let late = builders::account("late@example.com");
    late.create(to.stores().accounts.as_ref()).await;
    assert_eq!(to.store().settled().await.unwrap(), EventId::new(last + 1), "numbers go on");
}

#[tokio::test]
async fn a_file_with_events_is_no_target_of_a_copy() {
    let (from, to) = (Database::migrated(), Database::migrated());
    shop(from.stores()).await;
    connect(&to)
        .batch_execute("INSERT INTO events (at, type, data) VALUES (0, 'shop.moved', '{}')")
        .unwrap();
    let refused = import(&from, &to).await;
    assert!(matches!(refused, Err(ImportError::NotEmpty(ArchiveTable::Events))), "{refused:?}");
}

#[tokio::test]
async fn an_event_with_an_unreadable_trace_or_recipient_is_delivered_without() {
    let database = Database::migrated();
    connect(&database)
        .batch_execute(
            "INSERT INTO events (at, type, data, traceparent, recipient)
             VALUES (0, 'shop.moved', '{}', 'not a traceparent', 'nobody')",
        )
        .unwrap();
    database.store().subscribe(&Subscription::LOG).await.unwrap();
    let batch = lease(&database, "a").await.unwrap().unwrap();
    let [event] = batch.next.as_slice() else { panic!("{batch:?}") };
    assert_eq!(
        (event.id, event.trace, &event.recipient),
        (EventId::new(1), None::<TraceParent>, &None)
    );
}

#[tokio::test]
async fn damage_is_an_error_and_not_a_gap() {
    for statement in [
        "INSERT INTO events (at, type, data) VALUES (9223372036854775807, 'shop.moved', '{}')",
        "INSERT INTO events (at, type, data) VALUES (0, 'shop.moved', '{}');
         UPDATE subscriptions SET ahead = '1 two'",
    ] {
        let database = Database::migrated();
        database.store().subscribe(&Subscription::LOG).await.unwrap();
        connect(&database).batch_execute(statement).unwrap();
        let leased = lease(&database, "a").await;
        assert!(matches!(leased, Err(StoreError::Broken(_))), "{leased:?}");
    }
}
