//! Settling deliveries.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    OutboxEventId,
    outbox::{
        Channel, Channels,
        port::{DeliveryOutcome, Settlement, UndeliveredFilter},
    },
};

use super::fixture::{OutboxFixture, dead, delivered, ids, retry, with_done, worker};

pub async fn a_failed_event_is_not_due_before_its_retry_time(fixture: OutboxFixture) {
    fixture.place_order().await;
    let leased = fixture.lease_one(&worker("w"), 1_000).await;
    assert_eq!(fixture.settle(&worker("w"), &[retry(&leased, 1_500)], 1_001).await, 1);
    assert_eq!(fixture.lease(&worker("w"), 10, 1_499).await, []);
    assert_eq!(fixture.lease_one(&worker("v"), 1_500).await.attempts, 2);
}

pub async fn a_failed_event_blocks_later_events_of_its_order(fixture: OutboxFixture) {
    let first = fixture.shipped_order().await;
    let leased = fixture.lease_one(&worker("w"), 1_000).await;
    fixture.settle(&worker("w"), &[retry(&leased, 1_500)], 1_001).await;
    let other = fixture.place_order().await.id();
    let next = fixture.lease_one(&worker("w"), 1_499).await;
    assert_eq!(next.envelope.event.order(), Some(other));
    let again = fixture.lease_one(&worker("w"), 1_500).await;
    assert_eq!(again.envelope, leased.envelope);
    assert_eq!(again.envelope.event.order(), Some(first));
}

pub async fn the_next_event_of_an_order_is_due_once_the_previous_one_is_delivered(
    fixture: OutboxFixture,
) {
    fixture.shipped_order().await;
    let first = fixture.lease_one(&worker("w"), 1_000).await;
    assert_eq!(fixture.settle(&worker("w"), &[delivered(&first)], 1_000).await, 1);
    let second = fixture.lease_one(&worker("v"), 1_000).await;
    assert!(second.envelope.id > first.envelope.id);
    assert_eq!(second.attempts, 1);
}

pub async fn the_channels_that_an_event_was_delivered_on_are_stored(fixture: OutboxFixture) {
    fixture.place_order().await;
    let leased = fixture.lease_one(&worker("w"), 1_000).await;
    let log = Channels::NONE.with(Channel::Log);
    fixture.settle(&worker("w"), &[with_done(retry(&leased, 1_001), log)], 1_000).await;
    let again = fixture.lease_one(&worker("w"), 1_001).await;
    assert_eq!(again.done, log);
    let both = log.with(Channel::Stream);
    fixture.settle(&worker("w"), &[with_done(dead(&again), both)], 1_001).await;
    assert_eq!(fixture.undelivered(UndeliveredFilter::Dead).await[0].done, both);
}

pub async fn one_call_settles_events_with_different_outcomes(fixture: OutboxFixture) {
    fixture.register_accounts(7).await;
    let leased = fixture.lease(&worker("w"), 6, 1_000).await;
    let noted = DeliveryOutcome::Delivered { note: Some("no such recipient".to_owned()) };
    let settlements = [
        delivered(&leased[0]),
        retry(&leased[1], 1_500),
        dead(&leased[2]),
        Settlement { id: leased[3].envelope.id, done: Channels::NONE, outcome: noted },
        retry(&leased[4], 1_400),
        // The sixth event stays leased.
    ];
    assert_eq!(fixture.settle(&worker("w"), &settlements, 1_001).await, 5);
    let ids = ids(&leased);
    let dead: Vec<_> =
        fixture.undelivered(UndeliveredFilter::Dead).await.iter().map(|one| one.id).collect();
    assert_eq!(dead, [ids[2]]);
    assert_eq!((fixture.depth().await.waiting, fixture.depth().await.dead), (4, 1));
    let seventh = fixture.lease_one(&worker("v"), 1_010).await;
    fixture.settle(&worker("v"), &[delivered(&seventh)], 1_010).await;
    let later = fixture.lease(&worker("v"), 10, 1_400).await;
    assert_eq!(super::fixture::ids(&later), [ids[5], ids[4]]);
}

pub async fn an_event_is_settled_once(fixture: OutboxFixture) {
    fixture.register_accounts(2).await;
    let leased = fixture.lease(&worker("w"), 2, 1_000).await;
    let (first, second) = (&leased[0], &leased[1]);
    assert_eq!(fixture.settle(&worker("w"), &[delivered(first)], 1_001).await, 1);
    for settlement in [delivered(first), dead(first), retry(first, 0)] {
        assert_eq!(fixture.settle(&worker("w"), &[settlement], 1_002).await, 0);
    }
    // Of several settlements of one event in one call, the first counts.
    let twice = [delivered(second), dead(second)];
    assert_eq!(fixture.settle(&worker("w"), &twice, 1_002).await, 1);
    assert_eq!(fixture.depth().await, domain::outbox::port::OutboxDepth::default());
}

pub async fn an_unknown_event_is_not_settled(fixture: OutboxFixture) {
    fixture.place_order().await;
    let leased = fixture.lease_one(&worker("w"), 1_000).await;
    assert_eq!(fixture.settle(&worker("w"), &[], 1_001).await, 0);
    let unknown = Settlement { id: OutboxEventId::new(i64::MAX), ..delivered(&leased) };
    assert_eq!(
        fixture.settle(&worker("w"), &[unknown.clone(), delivered(&leased)], 1_001).await,
        1
    );
    assert_eq!(fixture.settle(&worker("w"), &[unknown], 1_001).await, 0);
}

pub async fn many_events_are_settled_in_one_call(fixture: OutboxFixture) {
    let orders = (0..1_500).map(|number| {
        crate::builders::free_form(&fixture.shop.customer, &format!("Lamp {number}")).build()
    });
    for placed in fixture.shop.stores.orders.place(orders.collect()).await {
        assert!(placed.is_ok(), "{placed:?}");
    }
    let leased = fixture.lease(&worker("w"), 1_500, 1_000).await;
    assert_eq!(leased.len(), 1_500);
    let (released, attempted) = leased.split_at(100);
    let settlements: Vec<_> = attempted.iter().map(delivered).collect();
    assert_eq!(fixture.settle(&worker("w"), &settlements, 1_001).await, 1_400);
    assert_eq!(fixture.outbox.release(&worker("w"), &ids(released)).await.unwrap(), 100);
    assert_eq!(ids(&fixture.lease(&worker("w"), 1_500, 1_001).await), ids(released));
}
