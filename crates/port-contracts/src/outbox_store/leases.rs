//! Leases: one worker has an event at a time, until it settles or releases it or the lease expires.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use std::collections::HashSet;

use domain::{OutboxEventId, outbox::port::LeasedEvent};

use super::fixture::{LEASE, OutboxFixture, dead, delivered, ids, orders, retry, worker};
use crate::race;

pub async fn a_leased_event_is_not_leased_again_until_the_lease_expires(fixture: OutboxFixture) {
    fixture.register_accounts(3).await;
    assert_eq!(fixture.lease(&worker("w"), 10, 1_000).await.len(), 3);
    assert_eq!(fixture.lease(&worker("v"), 10, 1_000).await, []);
    assert_eq!(fixture.lease(&worker("v"), 10, 1_000 + LEASE - 1).await, []);
    // The worker that has the lease does not get the event again either.
    assert_eq!(fixture.lease(&worker("w"), 10, 1_000).await, []);
}

pub async fn an_event_with_an_expired_lease_is_leased_again(fixture: OutboxFixture) {
    fixture.shipped_order().await;
    let first = fixture.lease_one(&worker("w"), 1_000).await;
    let again = fixture.lease_one(&worker("v"), 1_000 + LEASE).await;
    assert_eq!((first.attempts, again.attempts), (1, 2));
    assert_eq!(again.envelope, first.envelope);
}

pub async fn a_worker_that_lost_its_lease_settles_nothing(fixture: OutboxFixture) {
    fixture.place_order().await;
    let lost = fixture.lease_one(&worker("w"), 1_000).await;
    let taken = fixture.lease_one(&worker("v"), 1_000 + LEASE).await;
    for settlement in [delivered(&lost), retry(&lost, 0), dead(&lost)] {
        assert_eq!(fixture.settle(&worker("w"), &[settlement], 1_000 + LEASE).await, 0);
    }
    assert_eq!(fixture.lease(&worker("u"), 10, 1_000 + LEASE).await, [], "it is still leased");
    assert_eq!(fixture.settle(&worker("v"), &[delivered(&taken)], 1_000 + LEASE).await, 1);
}

pub async fn an_expired_lease_settles_nothing_even_if_no_other_worker_took_it(
    fixture: OutboxFixture,
) {
    fixture.place_order().await;
    let late = fixture.lease_one(&worker("w"), 1_000).await;
    assert_eq!(fixture.settle(&worker("w"), &[delivered(&late)], 1_000 + LEASE).await, 0);
    assert_eq!(fixture.lease_one(&worker("w"), 1_000 + LEASE).await.attempts, 2);
}

pub async fn a_worker_settles_only_its_own_leases(fixture: OutboxFixture) {
    fixture.register_accounts(2).await;
    let own = fixture.lease(&worker("w"), 1, 1_000).await.remove(0);
    let anothers = fixture.lease(&worker("v"), 1, 1_000).await.remove(0);
    let settlements = [delivered(&own), delivered(&anothers)];
    assert_eq!(fixture.settle(&worker("w"), &settlements, 1_001).await, 1);
    assert_eq!(fixture.depth().await.waiting, 1);
    assert_eq!(fixture.settle(&worker("v"), &settlements, 1_001).await, 1);
    assert_eq!(fixture.depth().await.waiting, 0);
}

pub async fn a_released_event_is_due_at_once_and_counts_no_attempt(fixture: OutboxFixture) {
    fixture.register_accounts(3).await;
    fixture.place_order().await;
    let leased = fixture.lease(&worker("w"), 10, 1_000).await;
    let (released, kept) = leased.split_at(3);
    let count = fixture.outbox.release(&worker("w"), &ids(released)).await;
    assert_eq!(count.unwrap(), 3);
    let again = fixture.lease(&worker("v"), 10, 1_000).await;
    assert_eq!(ids(&again), ids(released));
    assert!(again.iter().all(|leased| leased.attempts == 1), "{again:?}");
    assert_eq!(fixture.settle(&worker("w"), &[delivered(&kept[0])], 1_001).await, 1);
}

pub async fn a_worker_releases_only_its_own_leases(fixture: OutboxFixture) {
    fixture.register_accounts(2).await;
    let own = fixture.lease(&worker("w"), 1, 1_000).await.remove(0);
    let both = [own.envelope.id, fixture.lease(&worker("v"), 1, 1_000).await[0].envelope.id];
    assert_eq!(fixture.outbox.release(&worker("w"), &both).await.unwrap(), 1);
    assert_eq!(fixture.outbox.release(&worker("w"), &both).await.unwrap(), 0);
    assert_eq!(fixture.outbox.release(&worker("w"), &[]).await.unwrap(), 0);
    assert_eq!(fixture.lease_one(&worker("u"), 1_000).await, own);
}

pub async fn a_settled_event_cannot_be_released(fixture: OutboxFixture) {
    fixture.place_order().await;
    let leased = fixture.lease_one(&worker("w"), 1_000).await;
    fixture.settle(&worker("w"), &[retry(&leased, 1_000)], 1_000).await;
    assert_eq!(fixture.outbox.release(&worker("w"), &[leased.envelope.id]).await.unwrap(), 0);
    assert_eq!(fixture.lease_one(&worker("w"), 1_000).await.attempts, 2);
}

/// Lets eight workers lease concurrently until no event is due, and returns all leased events.
async fn lease_in_a_race(fixture: &OutboxFixture, seconds: i64) -> Vec<LeasedEvent> {
    let mut all: Vec<LeasedEvent> = race(8, |number| {
        let fixture = fixture.clone();
        async move {
            let mut got = Vec::new();
            loop {
                let more = fixture.lease(&worker(&format!("w{number}")), 7, seconds).await;
                if more.is_empty() {
                    return got;
                }
                got.extend(more);
            }
        }
    })
    .await
    .concat();
    // Workers skip events that another one has locked, which may then stay unleased.
    all.extend(fixture.lease(&worker("last"), 1_000, seconds).await);
    all
}

pub async fn concurrent_workers_never_lease_the_same_event(fixture: OutboxFixture) {
    fixture.register_accounts(100).await;
    // All leases expire, so that the workers race for the same events a second time.
    for attempt in 0..2 {
        let leased = lease_in_a_race(&fixture, 1_000 + attempt * LEASE).await;
        assert_eq!(leased.len(), 100);
        let different: HashSet<OutboxEventId> = ids(&leased).into_iter().collect();
        assert_eq!(different.len(), 100);
    }
}

pub async fn concurrent_workers_lease_one_event_of_an_order_at_a_time(fixture: OutboxFixture) {
    let mut expected = Vec::new();
    for _ in 0..30 {
        expected.push(Some(fixture.shipped_order().await));
    }
    let leased = lease_in_a_race(&fixture, 1_000).await;
    let mut found = orders(&leased);
    found.sort_unstable();
    assert_eq!(found, expected);
}
