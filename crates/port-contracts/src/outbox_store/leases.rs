//! That a message is one worker's at a time, and what becomes of it when that worker goes away.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use std::collections::HashSet;

use domain::{OutboxEventId, outbox::port::LeasedEvent};

use super::desk::{Desk, LEASE, dead, delivered, ids, orders, retry, worker};
use crate::race;

pub async fn a_leased_message_is_nobody_elses(desk: Desk) {
    desk.register(3).await;
    assert_eq!(desk.lease(&worker("w"), 10, 1_000).await.len(), 3);
    assert_eq!(desk.lease(&worker("v"), 10, 1_000).await, []);
    assert_eq!(desk.lease(&worker("v"), 10, 1_000 + LEASE - 1).await, []);
    // Not even by the one who has it.
    assert_eq!(desk.lease(&worker("w"), 10, 1_000).await, []);
}

pub async fn a_lease_whose_time_is_over_is_as_good_as_none(desk: Desk) {
    desk.shipped_order().await;
    let first = desk.lease_one(&worker("w"), 1_000).await;
    let again = desk.lease_one(&worker("v"), 1_000 + LEASE).await;
    assert_eq!((first.attempts, again.attempts), (1, 2));
    assert_eq!(again.envelope, first.envelope);
}

pub async fn who_lost_a_lease_settles_nothing(desk: Desk) {
    desk.order().await;
    let lost = desk.lease_one(&worker("w"), 1_000).await;
    let taken = desk.lease_one(&worker("v"), 1_000 + LEASE).await;
    for settlement in [delivered(&lost), retry(&lost, 0), dead(&lost)] {
        assert_eq!(desk.settle(&worker("w"), &[settlement], 1_000 + LEASE).await, 0);
    }
    assert_eq!(desk.lease(&worker("u"), 10, 1_000 + LEASE).await, [], "it is still leased");
    assert_eq!(desk.settle(&worker("v"), &[delivered(&taken)], 1_000 + LEASE).await, 1);
}

pub async fn a_lease_is_over_though_nobody_else_took_it(desk: Desk) {
    desk.order().await;
    let late = desk.lease_one(&worker("w"), 1_000).await;
    assert_eq!(desk.settle(&worker("w"), &[delivered(&late)], 1_000 + LEASE).await, 0);
    assert_eq!(desk.lease_one(&worker("w"), 1_000 + LEASE).await.attempts, 2);
}

pub async fn a_worker_settles_only_what_it_has(desk: Desk) {
    desk.register(2).await;
    let own = desk.lease(&worker("w"), 1, 1_000).await.remove(0);
    let anothers = desk.lease(&worker("v"), 1, 1_000).await.remove(0);
    let settlements = [delivered(&own), delivered(&anothers)];
    assert_eq!(desk.settle(&worker("w"), &settlements, 1_001).await, 1);
    assert_eq!(desk.depth().await.waiting, 1);
    assert_eq!(desk.settle(&worker("v"), &settlements, 1_001).await, 1);
    assert_eq!(desk.depth().await.waiting, 0);
}

pub async fn a_message_handed_back_is_due_at_once_and_was_not_tried(desk: Desk) {
    desk.register(3).await;
    desk.order().await;
    let leased = desk.lease(&worker("w"), 10, 1_000).await;
    let (back, kept) = leased.split_at(3);
    let released = desk.outbox.release(&worker("w"), &ids(back)).await;
    assert_eq!(released.unwrap(), 3);
    let again = desk.lease(&worker("v"), 10, 1_000).await;
    assert_eq!(ids(&again), ids(back));
    assert!(again.iter().all(|leased| leased.attempts == 1), "{again:?}");
    assert_eq!(desk.settle(&worker("w"), &[delivered(&kept[0])], 1_001).await, 1);
}

pub async fn only_ones_own_messages_are_handed_back(desk: Desk) {
    desk.register(2).await;
    let own = desk.lease(&worker("w"), 1, 1_000).await.remove(0);
    let both = [own.envelope.id, desk.lease(&worker("v"), 1, 1_000).await[0].envelope.id];
    assert_eq!(desk.outbox.release(&worker("w"), &both).await.unwrap(), 1);
    assert_eq!(desk.outbox.release(&worker("w"), &both).await.unwrap(), 0);
    assert_eq!(desk.outbox.release(&worker("w"), &[]).await.unwrap(), 0);
    assert_eq!(desk.lease_one(&worker("u"), 1_000).await, own);
}

pub async fn what_was_settled_is_not_handed_back(desk: Desk) {
    desk.order().await;
    let leased = desk.lease_one(&worker("w"), 1_000).await;
    desk.settle(&worker("w"), &[retry(&leased, 1_000)], 1_000).await;
    assert_eq!(desk.outbox.release(&worker("w"), &[leased.envelope.id]).await.unwrap(), 0);
    assert_eq!(desk.lease_one(&worker("w"), 1_000).await.attempts, 2);
}

/// Has eight workers lease at one moment until nothing is left for any of them, and returns all they got.
async fn lease_in_a_race(desk: &Desk, seconds: i64) -> Vec<LeasedEvent> {
    let mut all: Vec<LeasedEvent> = race(8, |number| {
        let desk = desk.clone();
        async move {
            let mut got = Vec::new();
            loop {
                let more = desk.lease(&worker(&format!("w{number}")), 7, seconds).await;
                if more.is_empty() {
                    return got;
                }
                got.extend(more);
            }
        }
    })
    .await
    .concat();
    // Nobody waits for anybody: what one passed over may have been in the hands of another who let it go.
    all.extend(desk.lease(&worker("last"), 1_000, seconds).await);
    all
}

pub async fn of_racing_workers_one_has_a_message(desk: Desk) {
    desk.register(100).await;
    // All leases run out, so that they race for the same messages a second time.
    for round in 0..2 {
        let leased = lease_in_a_race(&desk, 1_000 + round * LEASE).await;
        assert_eq!(leased.len(), 100);
        let different: HashSet<OutboxEventId> = ids(&leased).into_iter().collect();
        assert_eq!(different.len(), 100);
    }
}

pub async fn racing_workers_have_one_message_of_an_order_between_them(desk: Desk) {
    let mut expected = Vec::new();
    for _ in 0..30 {
        expected.push(Some(desk.shipped_order().await));
    }
    let leased = lease_in_a_race(&desk, 1_000).await;
    let mut found = orders(&leased);
    found.sort_unstable();
    assert_eq!(found, expected);
}
