//! Listing undelivered events, and requeuing and discarding dead letters, for operators.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    OutboxEventId,
    outbox::{
        Channel, Channels, OutboxEvent,
        port::{DeadLetterSelection, OutboxDepth, UndeliveredEvent, UndeliveredFilter},
    },
};

use super::fixture::{OutboxFixture, dead, delivered, ids, orders, retry, with_done, worker};
use crate::{FromStores as _, Stores, builders::timestamp};

pub async fn a_dead_letter_is_not_leased_and_blocks_later_events_of_its_order(
    fixture: OutboxFixture,
) {
    fixture.shipped_order().await;
    fixture.dead_letter_one(1_000).await;
    assert_eq!(fixture.lease(&worker("w"), 10, 1_000_000).await, []);
    let other = fixture.place_order().await.id();
    assert_eq!(orders(&fixture.lease(&worker("w"), 10, 1_000).await), [Some(other)]);
}

pub async fn a_requeued_event_is_due_with_no_attempts_and_keeps_its_delivered_channels(
    fixture: OutboxFixture,
) {
    fixture.shipped_order().await;
    let first = fixture.lease_one(&worker("w"), 1_000).await;
    fixture.settle(&worker("w"), &[retry(&first, 1_001)], 1_000).await;
    let second = fixture.lease_one(&worker("w"), 1_001).await;
    let mail = Channels::NONE.with(Channel::Mail);
    fixture.settle(&worker("w"), &[with_done(dead(&second), mail)], 1_001).await;

    let id = first.envelope.id;
    assert_eq!(
        fixture
            .outbox
            .requeue(&DeadLetterSelection::Some(vec![id]), timestamp(2_000))
            .await
            .unwrap(),
        1
    );
    assert_eq!(fixture.undelivered(UndeliveredFilter::Dead).await, []);
    assert_eq!(fixture.lease(&worker("w"), 10, 1_999).await, []);
    let again = fixture.lease_one(&worker("w"), 2_000).await;
    assert_eq!((&again.envelope, again.attempts, again.done), (&first.envelope, 1, mail));
    fixture.settle(&worker("w"), &[delivered(&again)], 2_000).await;
    assert_eq!(
        fixture.deliver_all(2_000).await.len(),
        2,
        "the later events of its order are delivered"
    );
}

pub async fn all_dead_letters_are_requeued_in_one_call(fixture: OutboxFixture) {
    fixture.register_accounts(1).await;
    fixture.dead_letter_one(1_000).await;
    fixture.shipped_order().await;
    fixture.dead_letter_one(1_000).await;
    fixture.place_order().await;
    assert_eq!(
        fixture.outbox.requeue(&DeadLetterSelection::All, timestamp(1_500)).await.unwrap(),
        2
    );
    assert_eq!(
        fixture.outbox.requeue(&DeadLetterSelection::All, timestamp(1_500)).await.unwrap(),
        0
    );
    assert_eq!(fixture.deliver_all(1_500).await.len(), 5);
}

pub async fn only_dead_letters_are_requeued_or_discarded(fixture: OutboxFixture) {
    fixture.register_accounts(1).await;
    let dead = fixture.dead_letter_one(1_000).await.envelope.id;
    fixture.shipped_order().await;
    let leased = fixture.lease_one(&worker("w"), 1_000).await;
    let delivered_before = fixture.undelivered(UndeliveredFilter::All).await[0].id;
    assert_eq!(delivered_before, dead);
    let waiting = fixture.undelivered(UndeliveredFilter::All).await[2].id;
    let others =
        vec![OutboxEventId::new(1), leased.envelope.id, waiting, OutboxEventId::new(i64::MAX)];
    let others = DeadLetterSelection::Some(others);
    assert_eq!(fixture.outbox.requeue(&others, timestamp(1_001)).await.unwrap(), 0);
    assert_eq!(fixture.outbox.discard(&others, timestamp(1_001)).await.unwrap(), 0);
    let none = DeadLetterSelection::Some(Vec::new());
    assert_eq!(fixture.outbox.requeue(&none, timestamp(1_001)).await.unwrap(), 0);
    assert_eq!(fixture.outbox.discard(&none, timestamp(1_001)).await.unwrap(), 0);
    assert_eq!(fixture.depth().await.dead, 1);
    assert_eq!(fixture.settle(&worker("w"), &[delivered(&leased)], 1_001).await, 1);
    assert_eq!(fixture.lease_one(&worker("w"), 1_001).await.envelope.id, waiting);
}

pub async fn discarding_a_dead_letter_unblocks_later_events_of_its_order(fixture: OutboxFixture) {
    fixture.shipped_order().await;
    let given_up = fixture.dead_letter_one(1_000).await.envelope.id;
    let selection = DeadLetterSelection::Some(vec![given_up, given_up]);
    assert_eq!(fixture.outbox.discard(&selection, timestamp(1_500)).await.unwrap(), 1);
    assert_eq!(fixture.outbox.discard(&selection, timestamp(1_500)).await.unwrap(), 0);
    assert_eq!(fixture.outbox.requeue(&selection, timestamp(1_500)).await.unwrap(), 0);
    assert_eq!(fixture.undelivered(UndeliveredFilter::Dead).await, []);
    let rest = fixture.deliver_all(1_500).await;
    assert_eq!(rest.len(), 2);
    assert!(!ids(&rest).contains(&given_up));
}

pub async fn all_dead_letters_are_discarded_in_one_call(fixture: OutboxFixture) {
    for _ in 0..3 {
        fixture.place_order().await;
        fixture.dead_letter_one(1_000).await;
    }
    fixture.place_order().await;
    assert_eq!(
        fixture.outbox.discard(&DeadLetterSelection::All, timestamp(1_500)).await.unwrap(),
        3
    );
    assert_eq!(fixture.deliver_all(1_500).await.len(), 1);
}

pub async fn an_undelivered_event_has_its_attempts_channels_and_last_error(fixture: OutboxFixture) {
    let order = fixture.place_order().await;
    let leased = fixture.lease_one(&worker("w"), 1_000).await;
    let log = Channels::NONE.with(Channel::Log);
    fixture.settle(&worker("w"), &[with_done(retry(&leased, 1_001), log)], 1_000).await;
    let user_id = fixture.shop.customer.id;
    let mut undelivered = UndeliveredEvent {
        id: leased.envelope.id,
        event: Some(OutboxEvent::OrderPlaced { order_id: order.id(), user_id }),
        created_at: order.created_at(),
        attempts: 1,
        done: log,
        dead_at: None,
        last_error: Some("connection reset".to_owned()),
    };
    assert_eq!(fixture.undelivered(UndeliveredFilter::All).await, [undelivered.clone()]);
    let again = fixture.lease_one(&worker("w"), 1_001).await;
    fixture.settle(&worker("w"), &[dead(&again)], 1_002).await;
    undelivered.attempts = 2;
    undelivered.dead_at = Some(timestamp(1_002));
    assert_eq!(fixture.undelivered(UndeliveredFilter::All).await, [undelivered.clone()]);
    assert_eq!(fixture.undelivered(UndeliveredFilter::Dead).await, [undelivered]);
}

pub async fn undelivered_events_are_paged_earliest_first(fixture: OutboxFixture) {
    fixture.register_accounts(7).await;
    let leased = fixture.lease(&worker("w"), 7, 1_000).await;
    let ids = ids(&leased);
    let given_up: Vec<_> = leased.iter().step_by(2).map(dead).collect();
    fixture.settle(&worker("w"), &given_up, 1_000).await;
    let expected: [(UndeliveredFilter, Vec<OutboxEventId>); 2] = [
        (UndeliveredFilter::Dead, vec![ids[0], ids[2], ids[4], ids[6]]),
        (UndeliveredFilter::All, ids),
    ];
    for (filter, expected) in expected {
        let mut found = Vec::new();
        while let Some(page) =
            Some(fixture.outbox.undelivered(filter, found.last().copied(), 3).await.unwrap())
            && !page.is_empty()
        {
            assert!(page.len() <= 3);
            found.extend(page.iter().map(|undelivered| undelivered.id));
        }
        assert_eq!(found, expected);
    }
    let none = fixture.outbox.undelivered(UndeliveredFilter::All, None, 0).await.unwrap();
    assert_eq!(none, []);
}

pub async fn a_delivered_event_is_not_listed_as_undelivered(fixture: OutboxFixture) {
    fixture.shipped_order().await;
    fixture.deliver_all(1_000).await;
    assert_eq!(fixture.undelivered(UndeliveredFilter::All).await, []);
    assert_eq!(fixture.undelivered(UndeliveredFilter::Dead).await, []);
}

pub async fn the_depth_counts_waiting_and_dead_events_and_dates_the_oldest(stores: Stores) {
    let outbox = stores.outbox.clone();
    assert_eq!(outbox.depth().await.unwrap(), OutboxDepth::default());
    let fixture = OutboxFixture::from_stores(stores).await;
    assert_eq!(fixture.depth().await, OutboxDepth::default());
    fixture.register_accounts(5).await;
    let depth = |waiting, dead, oldest| OutboxDepth { waiting, dead, oldest };
    assert_eq!(fixture.depth().await, depth(5, 0, Some(timestamp(0))));
    let leased = fixture.lease(&worker("w"), 3, 1_000).await;
    assert_eq!(
        fixture.depth().await,
        depth(5, 0, Some(timestamp(0))),
        "a leased event still counts as waiting"
    );
    let settlements = [delivered(&leased[0]), dead(&leased[1]), retry(&leased[2], 5_000)];
    fixture.settle(&worker("w"), &settlements, 1_000).await;
    assert_eq!(fixture.depth().await, depth(3, 1, Some(timestamp(2))));
    fixture.deliver_all(9_000).await;
    assert_eq!(fixture.depth().await, depth(0, 1, None));
}
