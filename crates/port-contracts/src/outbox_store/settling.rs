//! What is written down after a delivery.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use domain::{
    OutboxEventId,
    outbox::{
        Channel, Channels,
        port::{DeliveryOutcome, Settlement, UndeliveredFilter},
    },
};

use super::desk::{Desk, dead, delivered, done, ids, retry, worker};

pub async fn a_failed_message_is_not_due_before_its_time(desk: Desk) {
    desk.order().await;
    let leased = desk.lease_one(&worker("w"), 1_000).await;
    assert_eq!(desk.settle(&worker("w"), &[retry(&leased, 1_500)], 1_001).await, 1);
    assert_eq!(desk.lease(&worker("w"), 10, 1_499).await, []);
    assert_eq!(desk.lease_one(&worker("v"), 1_500).await.attempts, 2);
}

pub async fn a_failed_message_holds_back_those_behind_it(desk: Desk) {
    let first = desk.shipped_order().await;
    let leased = desk.lease_one(&worker("w"), 1_000).await;
    desk.settle(&worker("w"), &[retry(&leased, 1_500)], 1_001).await;
    let other = desk.order().await.id();
    let next = desk.lease_one(&worker("w"), 1_499).await;
    assert_eq!(next.envelope.event.order(), Some(other));
    let again = desk.lease_one(&worker("w"), 1_500).await;
    assert_eq!(again.envelope, leased.envelope);
    assert_eq!(again.envelope.event.order(), Some(first));
}

pub async fn the_next_message_about_an_order_is_due_once_the_one_before_is_delivered(desk: Desk) {
    desk.shipped_order().await;
    let first = desk.lease_one(&worker("w"), 1_000).await;
    assert_eq!(desk.settle(&worker("w"), &[delivered(&first)], 1_000).await, 1);
    let second = desk.lease_one(&worker("v"), 1_000).await;
    assert!(second.envelope.id > first.envelope.id);
    assert_eq!(second.attempts, 1);
}

pub async fn where_a_message_went_out_is_remembered(desk: Desk) {
    desk.order().await;
    let leased = desk.lease_one(&worker("w"), 1_000).await;
    let log = Channels::NONE.with(Channel::Log);
    desk.settle(&worker("w"), &[done(retry(&leased, 1_001), log)], 1_000).await;
    let again = desk.lease_one(&worker("w"), 1_001).await;
    assert_eq!(again.done, log);
    let both = log.with(Channel::Stream);
    desk.settle(&worker("w"), &[done(dead(&again), both)], 1_001).await;
    assert_eq!(desk.undelivered(UndeliveredFilter::Dead).await[0].done, both);
}

pub async fn one_call_settles_messages_with_different_outcomes(desk: Desk) {
    desk.register(7).await;
    let leased = desk.lease(&worker("w"), 6, 1_000).await;
    let noted = DeliveryOutcome::Delivered { note: Some("nobody lives there".to_owned()) };
    let settlements = [
        delivered(&leased[0]),
        retry(&leased[1], 1_500),
        dead(&leased[2]),
        Settlement { id: leased[3].envelope.id, done: Channels::NONE, outcome: noted },
        retry(&leased[4], 1_400),
        // The sixth stays leased.
    ];
    assert_eq!(desk.settle(&worker("w"), &settlements, 1_001).await, 5);
    let ids = ids(&leased);
    let dead: Vec<_> =
        desk.undelivered(UndeliveredFilter::Dead).await.iter().map(|one| one.id).collect();
    assert_eq!(dead, [ids[2]]);
    assert_eq!((desk.depth().await.waiting, desk.depth().await.dead), (4, 1));
    let seventh = desk.lease_one(&worker("v"), 1_010).await;
    desk.settle(&worker("v"), &[delivered(&seventh)], 1_010).await;
    let later = desk.lease(&worker("v"), 10, 1_400).await;
    assert_eq!(super::desk::ids(&later), [ids[5], ids[4]]);
}

pub async fn a_message_is_settled_once(desk: Desk) {
    desk.register(2).await;
    let leased = desk.lease(&worker("w"), 2, 1_000).await;
    let (first, second) = (&leased[0], &leased[1]);
    assert_eq!(desk.settle(&worker("w"), &[delivered(first)], 1_001).await, 1);
    for settlement in [delivered(first), dead(first), retry(first, 0)] {
        assert_eq!(desk.settle(&worker("w"), &[settlement], 1_002).await, 0);
    }
    // Of several in one call the first counts.
    let twice = [delivered(second), dead(second)];
    assert_eq!(desk.settle(&worker("w"), &twice, 1_002).await, 1);
    assert_eq!(desk.depth().await, domain::outbox::port::OutboxDepth::default());
}

pub async fn what_is_not_there_is_not_settled(desk: Desk) {
    desk.order().await;
    let leased = desk.lease_one(&worker("w"), 1_000).await;
    assert_eq!(desk.settle(&worker("w"), &[], 1_001).await, 0);
    let unknown = Settlement { id: OutboxEventId::new(i64::MAX), ..delivered(&leased) };
    assert_eq!(desk.settle(&worker("w"), &[unknown.clone(), delivered(&leased)], 1_001).await, 1);
    assert_eq!(desk.settle(&worker("w"), &[unknown], 1_001).await, 0);
}

pub async fn many_messages_are_settled_at_once(desk: Desk) {
    let orders = (0..1_500).map(|number| {
        crate::builders::free_form(&desk.shop.customer, &format!("Lamp {number}")).build()
    });
    for placed in desk.shop.stores.orders.place(orders.collect()).await {
        assert!(placed.is_ok(), "{placed:?}");
    }
    let leased = desk.lease(&worker("w"), 1_500, 1_000).await;
    assert_eq!(leased.len(), 1_500);
    let (back, tried) = leased.split_at(100);
    let settlements: Vec<_> = tried.iter().map(delivered).collect();
    assert_eq!(desk.settle(&worker("w"), &settlements, 1_001).await, 1_400);
    assert_eq!(desk.outbox.release(&worker("w"), &ids(back)).await.unwrap(), 100);
    assert_eq!(ids(&desk.lease(&worker("w"), 1_500, 1_001).await), ids(back));
}
