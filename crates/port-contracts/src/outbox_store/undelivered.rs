//! What an operator sees of the outbox, and does with what was given up.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use domain::{
    OutboxEventId,
    outbox::{
        Channel, Channels, OutboxEvent,
        port::{DeadLetterSelection, OutboxDepth, UndeliveredEvent, UndeliveredFilter},
    },
};

use super::desk::{Desk, dead, delivered, done, ids, orders, retry, worker};
use crate::{FromStores as _, Stores, builders::timestamp};

pub async fn a_dead_message_is_leased_no_more_and_holds_back_those_behind_it(desk: Desk) {
    desk.shipped_order().await;
    desk.give_up_one(1_000).await;
    assert_eq!(desk.lease(&worker("w"), 10, 1_000_000).await, []);
    let other = desk.order().await.id();
    assert_eq!(orders(&desk.lease(&worker("w"), 10, 1_000).await), [Some(other)]);
}

pub async fn a_requeued_message_is_due_with_no_attempts_counted_and_knows_what_was_done(
    desk: Desk,
) {
    desk.shipped_order().await;
    let first = desk.lease_one(&worker("w"), 1_000).await;
    desk.settle(&worker("w"), &[retry(&first, 1_001)], 1_000).await;
    let second = desk.lease_one(&worker("w"), 1_001).await;
    let mail = Channels::NONE.with(Channel::Mail);
    desk.settle(&worker("w"), &[done(dead(&second), mail)], 1_001).await;

    let id = first.envelope.id;
    assert_eq!(
        desk.outbox.requeue(&DeadLetterSelection::Some(vec![id]), timestamp(2_000)).await.unwrap(),
        1
    );
    assert_eq!(desk.undelivered(UndeliveredFilter::Dead).await, []);
    assert_eq!(desk.lease(&worker("w"), 10, 1_999).await, []);
    let again = desk.lease_one(&worker("w"), 2_000).await;
    assert_eq!((&again.envelope, again.attempts, again.done), (&first.envelope, 1, mail));
    desk.settle(&worker("w"), &[delivered(&again)], 2_000).await;
    assert_eq!(desk.deliver_all(2_000).await.len(), 2, "those behind it go on");
}

pub async fn all_dead_messages_are_requeued_at_once(desk: Desk) {
    desk.register(1).await;
    desk.give_up_one(1_000).await;
    desk.shipped_order().await;
    desk.give_up_one(1_000).await;
    desk.order().await;
    assert_eq!(desk.outbox.requeue(&DeadLetterSelection::All, timestamp(1_500)).await.unwrap(), 2);
    assert_eq!(desk.outbox.requeue(&DeadLetterSelection::All, timestamp(1_500)).await.unwrap(), 0);
    assert_eq!(desk.deliver_all(1_500).await.len(), 5);
}

pub async fn only_what_is_dead_is_requeued_or_discarded(desk: Desk) {
    desk.register(1).await;
    let dead = desk.give_up_one(1_000).await.envelope.id;
    desk.shipped_order().await;
    let leased = desk.lease_one(&worker("w"), 1_000).await;
    let delivered_before = desk.undelivered(UndeliveredFilter::Undelivered).await[0].id;
    assert_eq!(delivered_before, dead);
    let waiting = desk.undelivered(UndeliveredFilter::Undelivered).await[2].id;
    let others =
        vec![OutboxEventId::new(1), leased.envelope.id, waiting, OutboxEventId::new(i64::MAX)];
    let others = DeadLetterSelection::Some(others);
    assert_eq!(desk.outbox.requeue(&others, timestamp(1_001)).await.unwrap(), 0);
    assert_eq!(desk.outbox.discard(&others, timestamp(1_001)).await.unwrap(), 0);
    let nobody = DeadLetterSelection::Some(Vec::new());
    assert_eq!(desk.outbox.requeue(&nobody, timestamp(1_001)).await.unwrap(), 0);
    assert_eq!(desk.outbox.discard(&nobody, timestamp(1_001)).await.unwrap(), 0);
    assert_eq!(desk.depth().await.dead, 1);
    assert_eq!(desk.settle(&worker("w"), &[delivered(&leased)], 1_001).await, 1);
    assert_eq!(desk.lease_one(&worker("w"), 1_001).await.envelope.id, waiting);
}

pub async fn a_discarded_message_lets_those_behind_it_go(desk: Desk) {
    desk.shipped_order().await;
    let given_up = desk.give_up_one(1_000).await.envelope.id;
    let choice = DeadLetterSelection::Some(vec![given_up, given_up]);
    assert_eq!(desk.outbox.discard(&choice, timestamp(1_500)).await.unwrap(), 1);
    assert_eq!(desk.outbox.discard(&choice, timestamp(1_500)).await.unwrap(), 0);
    assert_eq!(desk.outbox.requeue(&choice, timestamp(1_500)).await.unwrap(), 0);
    assert_eq!(desk.undelivered(UndeliveredFilter::Dead).await, []);
    let rest = desk.deliver_all(1_500).await;
    assert_eq!(rest.len(), 2);
    assert!(!ids(&rest).contains(&given_up));
}

pub async fn all_dead_messages_are_discarded_at_once(desk: Desk) {
    for _ in 0..3 {
        desk.order().await;
        desk.give_up_one(1_000).await;
    }
    desk.order().await;
    assert_eq!(desk.outbox.discard(&DeadLetterSelection::All, timestamp(1_500)).await.unwrap(), 3);
    assert_eq!(desk.deliver_all(1_500).await.len(), 1);
}

pub async fn a_letter_says_what_went_wrong(desk: Desk) {
    let order = desk.order().await;
    let leased = desk.lease_one(&worker("w"), 1_000).await;
    let log = Channels::NONE.with(Channel::Log);
    desk.settle(&worker("w"), &[done(retry(&leased, 1_001), log)], 1_000).await;
    let user_id = desk.shop.customer.id;
    let mut letter = UndeliveredEvent {
        id: leased.envelope.id,
        event: Some(OutboxEvent::OrderPlaced { order_id: order.id(), user_id }),
        created_at: order.created_at(),
        attempts: 1,
        done: log,
        dead_at: None,
        last_error: Some("the line is dead".to_owned()),
    };
    assert_eq!(desk.undelivered(UndeliveredFilter::Undelivered).await, [letter.clone()]);
    let again = desk.lease_one(&worker("w"), 1_001).await;
    desk.settle(&worker("w"), &[dead(&again)], 1_002).await;
    letter.attempts = 2;
    letter.dead_at = Some(timestamp(1_002));
    assert_eq!(desk.undelivered(UndeliveredFilter::Undelivered).await, [letter.clone()]);
    assert_eq!(desk.undelivered(UndeliveredFilter::Dead).await, [letter]);
}

pub async fn letters_come_page_by_page_and_the_earliest_first(desk: Desk) {
    desk.register(7).await;
    let leased = desk.lease(&worker("w"), 7, 1_000).await;
    let ids = ids(&leased);
    let given_up: Vec<_> = leased.iter().step_by(2).map(dead).collect();
    desk.settle(&worker("w"), &given_up, 1_000).await;
    let expected: [(UndeliveredFilter, Vec<OutboxEventId>); 2] = [
        (UndeliveredFilter::Dead, vec![ids[0], ids[2], ids[4], ids[6]]),
        (UndeliveredFilter::Undelivered, ids),
    ];
    for (filter, expected) in expected {
        let mut found = Vec::new();
        while let Some(page) =
            Some(desk.outbox.undelivered(filter, found.last().copied(), 3).await.unwrap())
            && !page.is_empty()
        {
            assert!(page.len() <= 3);
            found.extend(page.iter().map(|letter| letter.id));
        }
        assert_eq!(found, expected);
    }
    let none = desk.outbox.undelivered(UndeliveredFilter::Undelivered, None, 0).await.unwrap();
    assert_eq!(none, []);
}

pub async fn what_is_delivered_is_no_letter(desk: Desk) {
    desk.shipped_order().await;
    desk.deliver_all(1_000).await;
    assert_eq!(desk.undelivered(UndeliveredFilter::Undelivered).await, []);
    assert_eq!(desk.undelivered(UndeliveredFilter::Dead).await, []);
}

pub async fn the_depth_says_how_much_waits_and_for_how_long(stores: Stores) {
    let outbox = stores.outbox.clone();
    assert_eq!(outbox.depth().await.unwrap(), OutboxDepth::default());
    let desk = Desk::from_stores(stores).await;
    assert_eq!(desk.depth().await, OutboxDepth::default());
    desk.register(5).await;
    let depth = |waiting, dead, oldest| OutboxDepth { waiting, dead, oldest };
    assert_eq!(desk.depth().await, depth(5, 0, Some(timestamp(0))));
    let leased = desk.lease(&worker("w"), 3, 1_000).await;
    assert_eq!(desk.depth().await, depth(5, 0, Some(timestamp(0))), "what is leased waits still");
    let settlements = [delivered(&leased[0]), dead(&leased[1]), retry(&leased[2], 5_000)];
    desk.settle(&worker("w"), &settlements, 1_000).await;
    assert_eq!(desk.depth().await, depth(3, 1, Some(timestamp(2))));
    desk.deliver_all(9_000).await;
    assert_eq!(desk.depth().await, depth(0, 1, None));
}
