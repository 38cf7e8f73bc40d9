//! Many relays on one store, and relays that die.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::{collections::HashSet, sync::Arc};

use super::{
    fixture::{EventFixture, LEASE},
    recorder::{Recorder, deferred},
    simulated::ManualClock,
};
use crate::race::race;

pub async fn racing_relays_deliver_each_event_once_and_in_order(fixture: EventFixture) {
    for _ in 0..6 {
        fixture.shipped_order().await;
    }
    fixture.register_accounts(6).await;
    let recorder = Recorder::new(&fixture.subscription).shared();
    let clock = ManualClock::at(1_000);
    race(6, |number| {
        let relay = fixture.relay(&format!("relay-{number}"), &clock, recorder.clone());
        let recorder = Arc::clone(&recorder);
        async move {
            while recorder.delivered_ids().len() < 24 {
                relay.run_once(&|| false).await.expect("the store works");
            }
        }
    })
    .await;
    let delivered = recorder.delivered_ids();
    assert_eq!(delivered.len(), 24);
    assert_eq!(delivered.iter().collect::<HashSet<_>>().len(), 24, "none twice");
    for (order, events) in recorder.delivered_by_order() {
        assert!(events.len() == 3 && events.is_sorted(), "{order}: {events:?}");
    }
}

pub async fn another_relay_goes_on_for_one_that_died(fixture: EventFixture) {
    let slow = fixture.place_order().await.id();
    fixture.register_accounts(8).await;
    let recorder = Recorder::new(&fixture.subscription).holding(slow).shared();
    let clock = ManualClock::at(1_000);
    let relay = Arc::new(fixture.relay("a", &clock, recorder.clone()));
    fixture.settle().await;
    let dying = tokio::spawn({
        let relay = Arc::clone(&relay);
        async move { relay.run_once(&|| false).await }
    });
    recorder.held().await;
    while recorder.delivered_ids().len() < 8 {
        tokio::task::yield_now().await;
    }
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    let successor = Recorder::new(&fixture.subscription).shared();
    let relay = fixture.relay("b", &clock, successor.clone());
    assert_eq!(relay.run_once(&|| false).await.unwrap().delivered, 0, "the lease is not over");
    clock.advance(LEASE);
    while relay.run_once(&|| false).await.unwrap().more {}
    let again = successor.delivered_ids();
    assert_eq!(successor.delivered()[0].record.order, Some(slow), "the one that was held");
    // The last ones may have been delivered without having been recorded.
    assert!(again.len() <= 1 + 4, "only those in flight: {again:?}");
    let all: HashSet<_> = recorder.delivered_ids().into_iter().chain(again).collect();
    assert_eq!(all.len(), 9, "none is lost");
}

pub async fn failures_beside_racing_writers_lose_and_reorder_nothing(fixture: EventFixture) {
    let recorder = Recorder::new(&fixture.subscription)
        .deciding(|event, before| {
            let fails = before == 0 && event.id().get() % 3 == 0;
            if fails { Err(deferred("450")) } else { Ok(()) }
        })
        .shared();
    let clock = ManualClock::at(1_000);
    let writers = race(4, |_| {
        let fixture = fixture.clone();
        async move {
            for _ in 0..3 {
                fixture.shipped_order().await;
            }
        }
    });
    let relays = race(2, |number| {
        let relay = fixture.relay(&format!("relay-{number}"), &clock, recorder.clone());
        let (recorder, clock) = (Arc::clone(&recorder), Arc::clone(&clock));
        async move {
            while recorder.delivered_ids().len() < 36 {
                relay.run_once(&|| false).await.expect("the store works");
                clock.advance(2);
                tokio::task::yield_now().await;
            }
        }
    });
    tokio::join!(writers, relays);
    let by_order = recorder.delivered_by_order();
    assert_eq!(by_order.len(), 12);
    for (order, events) in by_order {
        let mut first_times = events.clone();
        first_times.dedup();
        assert!(first_times.len() == 3 && first_times.is_sorted(), "{order}: {events:?}");
    }
}
