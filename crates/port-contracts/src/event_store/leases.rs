//! Who may work for a subscription, and when there is something to do.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::events::{
    ReceiverState, Subscription,
    port::{LeaseEnd, Progress, WorkerId},
};

use super::fixture::{EventFixture, LEASE, all_done, ids};
use crate::{builders::timestamp, race::race};

pub async fn a_subscription_without_anything_to_do_is_not_leased(fixture: EventFixture) {
    assert_eq!(fixture.lease("a", 1_000).await, None);
    fixture.place_order().await;
    assert!(fixture.lease("b", 1_000).await.is_some(), "nothing was leased before");
}

pub async fn an_unknown_subscription_is_not_leased(fixture: EventFixture) {
    fixture.place_order().await;
    let unknown = EventFixture { subscription: Subscription::named("unknown"), ..fixture };
    assert_eq!(unknown.lease("a", 1_000).await, None);
}

pub async fn a_new_subscription_begins_at_the_end_of_the_journal(fixture: EventFixture) {
    let before = fixture.place_order().await.id();
    let subscription = Subscription::named("new");
    // It begins at the end of what is settled.
    fixture.settle().await;
    fixture.events.subscribe(&subscription).await.unwrap();
    let later = EventFixture { subscription: subscription.clone(), ..fixture };
    assert_eq!(later.lease("a", 1_000).await, None);
    let order = later.place_order().await.id();
    // Subscribing again changes nothing.
    later.events.subscribe(&subscription).await.unwrap();
    let batch = later.lease("a", 1_000).await.unwrap();
    let orders: Vec<_> = batch.next.iter().map(|event| event.order).collect();
    assert_eq!(orders, [Some(order)]);
    assert_ne!(before, order);
}

pub async fn one_worker_holds_the_lease_until_it_expires(fixture: EventFixture) {
    fixture.place_order().await;
    let first = fixture.lease("a", 1_000).await.unwrap();
    assert_eq!(fixture.lease("b", 1_000).await, None);
    assert_eq!(fixture.lease("b", 1_000 + LEASE - 1).await, None);
    let second = fixture.lease("b", 1_000 + LEASE).await;
    assert_eq!(second, Some(first), "what the first did not record is done again");
    assert_eq!(fixture.lease("a", 1_000 + LEASE).await, None);
}

pub async fn the_holder_of_a_lease_goes_on_with_it(fixture: EventFixture) {
    fixture.place_order().await;
    let first = fixture.lease("a", 1_000).await.unwrap();
    let until = timestamp(1_000 + LEASE);
    let progress = Progress { lease: LeaseEnd::Extend(until), ..all_done(&first) };
    assert!(fixture.record("a", &progress, 1_001).await);
    assert_eq!(fixture.lease("a", 1_002).await, None, "nothing is left");
    fixture.place_order().await;
    assert_eq!(fixture.lease("b", 1_002).await, None, "the lease is not over");
    let second = fixture.lease("a", 1_002).await.unwrap();
    assert_eq!(second.position, first.next[0].id);
    assert_eq!(second.next.len(), 1);
}

pub async fn a_released_lease_is_free_at_once(fixture: EventFixture) {
    fixture.place_order().await;
    let batch = fixture.lease("a", 1_000).await.unwrap();
    assert!(fixture.record("a", &all_done(&batch), 1_000).await);
    fixture.place_order().await;
    assert!(fixture.lease("b", 1_000).await.is_some());
}

pub async fn a_lease_can_be_extended_by_its_holder_only(fixture: EventFixture) {
    fixture.place_order().await;
    fixture.lease("a", 1_000).await.unwrap();
    let extend = async |worker: &str, now: i64, until: i64| {
        let (worker, now, until) = (WorkerId::new(worker), timestamp(now), timestamp(until));
        fixture.events.extend(&fixture.subscription, &worker, now, until).await.unwrap()
    };
    assert!(!extend("b", 1_030, 1_090).await);
    assert!(extend("a", 1_030, 1_090).await);
    assert_eq!(fixture.lease("b", 1_089).await, None);
    assert!(!extend("a", 1_090, 1_150).await, "it has expired");
    assert!(fixture.lease("b", 1_090).await.is_some());
}

pub async fn a_subscription_that_pauses_is_not_leased(fixture: EventFixture) {
    fixture.place_order().await;
    let batch = fixture.lease("a", 1_000).await.unwrap();
    let receiver = ReceiverState {
        failures: 3,
        paused_until: Some(timestamp(1_100)),
        last_error: Some("away".to_owned()),
    };
    let progress =
        Progress { position: batch.position, receiver: receiver.clone(), ..all_done(&batch) };
    assert!(fixture.record("a", &progress, 1_001).await);
    assert_eq!(fixture.lease("b", 1_099).await, None);
    let again = fixture.lease("b", 1_100).await.unwrap();
    assert_eq!((again.position, again.receiver), (batch.position, receiver));
    assert_eq!(ids(&again.next), ids(&batch.next));
}

pub async fn of_racing_workers_one_gets_the_lease(fixture: EventFixture) {
    for round in 0..5 {
        fixture.place_order().await;
        let leased = race(8, |number| {
            let fixture = fixture.clone();
            async move {
                let worker = format!("worker-{number}");
                let batch = fixture.lease(&worker, 1_000 + round).await;
                batch.map(|batch| (worker, batch))
            }
        })
        .await;
        let mut leased = leased.into_iter().flatten();
        let (worker, batch) = leased.next().expect("one of them gets it");
        assert!(leased.next().is_none(), "only one");
        assert!(fixture.record(&worker, &all_done(&batch), 1_000 + round).await);
    }
}

pub async fn a_batch_has_no_more_events_than_the_limit(fixture: EventFixture) {
    fixture.register_accounts(5).await;
    let known = super::fixture::known_types();
    let first = fixture.lease_knowing("a", 1_000, &known, 3).await.unwrap();
    assert_eq!(first.next.len(), 3);
    assert!(fixture.record("a", &all_done(&first), 1_000).await);
    let second = fixture.lease_knowing("a", 1_000, &known, 3).await.unwrap();
    assert_eq!(second.next.len(), 2);
    assert_eq!(second.position, first.next[2].id);
}
