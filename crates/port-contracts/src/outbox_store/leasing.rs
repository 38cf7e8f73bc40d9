//! Which events are leased, and in which sequence.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    account::Account,
    order::{OrderCommand, OrderStatus},
    outbox::{Channels, OutboxEvent},
};

use super::fixture::{LEASE, OutboxFixture, created_at, events, ids, orders, worker};
use crate::{
    Stores,
    builders::{self, timestamp},
};

fn registered(account: &Account) -> OutboxEvent {
    OutboxEvent::AccountRegistered { user_id: account.id }
}

pub async fn an_empty_outbox_has_nothing_to_lease(stores: Stores) {
    let leased = stores.outbox.lease(&worker("w"), 10, timestamp(1_000), timestamp(1_060)).await;
    assert_eq!(leased.unwrap(), []);
}

pub async fn a_leased_event_has_its_content_and_creation_time(fixture: OutboxFixture) {
    let accounts = fixture.register_accounts(2).await;
    let leased = fixture.lease(&worker("w"), 10, 1_000).await;
    assert_eq!(events(&leased), [registered(&accounts[0]), registered(&accounts[1])]);
    assert_eq!(created_at(&leased), [timestamp(0), timestamp(1)]);
    for leased in leased {
        assert_eq!((leased.attempts, leased.done), (1, Channels::NONE));
    }
}

pub async fn the_events_of_an_order_are_leased_in_sequence(fixture: OutboxFixture) {
    let order = fixture.shipped_order().await;
    fixture
        .shop
        .try_execute(order, OrderCommand::Delete, fixture.shop.admin.actor(), timestamp(700))
        .await
        .unwrap();
    let (user_id, changed_by) = (fixture.shop.customer.id, fixture.shop.admin.id);
    let changed = |from, to| OutboxEvent::OrderStatusChanged {
        order_id: order,
        user_id,
        changed_by,
        from,
        to,
    };
    let delivered = fixture.deliver_all(1_000).await;
    assert_eq!(
        events(&delivered),
        [
            OutboxEvent::OrderPlaced { order_id: order, user_id },
            changed(OrderStatus::Pending, OrderStatus::Processing),
            changed(OrderStatus::Processing, OrderStatus::Shipped),
            OutboxEvent::OrderDeleted {
                order_id: order,
                user_id,
                changed_by,
                from: Some(OrderStatus::Shipped),
                to: Some(OrderStatus::Shipped),
            },
        ]
    );
    assert!(ids(&delivered).is_sorted(), "later events have greater ids: {delivered:?}");
}

pub async fn no_more_events_are_leased_than_the_limit(fixture: OutboxFixture) {
    let accounts = fixture.register_accounts(5).await;
    assert_eq!(fixture.lease(&worker("w"), 0, 1_000).await, []);
    let first = fixture.lease(&worker("w"), 2, 1_000).await;
    assert_eq!(events(&first), [registered(&accounts[0]), registered(&accounts[1])]);
    let rest = fixture.lease(&worker("w"), 100, 1_000).await;
    assert_eq!(rest.len(), 3);
}

pub async fn events_due_first_are_leased_first(fixture: OutboxFixture) {
    let register = async |address: &str, seconds| {
        let account = builders::account(address).with_timestamp(seconds);
        account.create(fixture.shop.stores.accounts.as_ref()).await
    };
    let last = register("last@example.com", 30).await;
    let first = register("first@example.com", 10).await;
    let third = register("third@example.com", 20).await;
    let second = register("second@example.com", 10).await;
    let leased = fixture.lease(&worker("w"), 3, 1_000).await;
    assert_eq!(events(&leased), [registered(&first), registered(&second), registered(&third)]);
    assert_eq!(events(&fixture.lease(&worker("w"), 3, 1_000).await), [registered(&last)]);
}

pub async fn an_event_is_not_leased_before_its_creation_time(fixture: OutboxFixture) {
    let account = builders::account("late@example.com").with_timestamp(1_500);
    account.create(fixture.shop.stores.accounts.as_ref()).await;
    assert_eq!(fixture.lease(&worker("w"), 10, 1_499).await, []);
    assert_eq!(fixture.lease(&worker("w"), 10, 1_500).await.len(), 1);
}

pub async fn only_the_first_pending_event_of_an_order_is_due(fixture: OutboxFixture) {
    let order = fixture.shipped_order().await;
    let leased = fixture.lease(&worker("w"), 10, 1_000).await;
    let placed = OutboxEvent::OrderPlaced { order_id: order, user_id: fixture.shop.customer.id };
    assert_eq!(events(&leased), [placed]);
    assert_eq!(fixture.lease(&worker("v"), 10, 1_000).await, []);
}

pub async fn a_waiting_order_does_not_block_other_orders(fixture: OutboxFixture) {
    let first = fixture.shipped_order().await;
    assert_eq!(orders(&fixture.lease(&worker("w"), 10, 1_000).await), [Some(first)]);
    let second = fixture.shipped_order().await;
    let third = fixture.shipped_order().await;
    let leased = fixture.lease(&worker("w"), 10, 1_000).await;
    assert_eq!(orders(&leased), [Some(second), Some(third)]);
}

pub async fn account_events_neither_wait_for_nor_block_other_events(fixture: OutboxFixture) {
    fixture.register_accounts(2).await;
    assert_eq!(orders(&fixture.lease(&worker("w"), 1, 1_000).await), [None]);
    let order = fixture.place_order().await.id();
    let leased = fixture.lease(&worker("w"), 10, 1_000).await;
    // The order was placed a second before the second account was created.
    assert_eq!(orders(&leased), [Some(order), None]);
}

pub async fn a_delivered_event_is_not_leased_again(fixture: OutboxFixture) {
    fixture.register_accounts(3).await;
    fixture.shipped_order().await;
    assert_eq!(fixture.deliver_all(1_000).await.len(), 6);
    assert_eq!(fixture.lease(&worker("w"), 100, 1_000_000).await, []);
}

pub async fn each_lease_counts_an_attempt(fixture: OutboxFixture) {
    fixture.place_order().await;
    for attempt in 1..5 {
        let leased = fixture.lease_one(&worker("w"), 1_000 + LEASE * i64::from(attempt)).await;
        assert_eq!(leased.attempts, attempt);
    }
}
