//! Which messages are leased, and in which order.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use domain::{
    account::Account,
    order::{OrderCommand, OrderStatus},
    outbox::{Channels, OutboxEvent},
};

use super::desk::{Desk, LEASE, ids, orders, said, worker, written};
use crate::{
    Stores,
    builders::{self, timestamp},
};

fn registered(account: &Account) -> OutboxEvent {
    OutboxEvent::AccountRegistered { user_id: account.id }
}

pub async fn a_new_outbox_has_nothing_to_lease(stores: Stores) {
    let leased = stores.outbox.lease(&worker("w"), 10, timestamp(1_000), timestamp(1_060)).await;
    assert_eq!(leased.unwrap(), []);
}

pub async fn a_message_says_what_happened_and_when(desk: Desk) {
    let accounts = desk.register(2).await;
    let leased = desk.lease(&worker("w"), 10, 1_000).await;
    assert_eq!(said(&leased), [registered(&accounts[0]), registered(&accounts[1])]);
    assert_eq!(written(&leased), [timestamp(0), timestamp(1)]);
    for leased in leased {
        assert_eq!((leased.attempts, leased.done), (1, Channels::NONE));
    }
}

pub async fn all_that_happened_to_an_order_is_told_in_its_order(desk: Desk) {
    let order = desk.shipped_order().await;
    desk.shop
        .try_execute(order, OrderCommand::Delete, desk.shop.admin.actor(), timestamp(700))
        .await
        .unwrap();
    let (user_id, changed_by) = (desk.shop.customer.id, desk.shop.admin.id);
    let step = |from, to| OutboxEvent::OrderStatusChanged {
        order_id: order,
        user_id,
        changed_by,
        from,
        to,
    };
    let told = desk.deliver_all(1_000).await;
    assert_eq!(
        said(&told),
        [
            OutboxEvent::OrderPlaced { order_id: order, user_id },
            step(OrderStatus::Pending, OrderStatus::Processing),
            step(OrderStatus::Processing, OrderStatus::Shipped),
            OutboxEvent::OrderDeleted { order_id: order, user_id, changed_by },
        ]
    );
    assert!(ids(&told).is_sorted(), "later messages have greater numbers: {told:?}");
}

pub async fn no_more_messages_are_leased_than_asked_for(desk: Desk) {
    let accounts = desk.register(5).await;
    assert_eq!(desk.lease(&worker("w"), 0, 1_000).await, []);
    let first = desk.lease(&worker("w"), 2, 1_000).await;
    assert_eq!(said(&first), [registered(&accounts[0]), registered(&accounts[1])]);
    let rest = desk.lease(&worker("w"), 100, 1_000).await;
    assert_eq!(rest.len(), 3);
}

pub async fn those_whose_time_came_first_come_first(desk: Desk) {
    let register = async |address: &str, seconds| {
        let account = builders::account(address).with_timestamp(seconds);
        account.create(desk.shop.stores.accounts.as_ref()).await
    };
    let last = register("last@example.com", 30).await;
    let first = register("first@example.com", 10).await;
    let third = register("third@example.com", 20).await;
    let second = register("second@example.com", 10).await;
    let leased = desk.lease(&worker("w"), 3, 1_000).await;
    assert_eq!(said(&leased), [registered(&first), registered(&second), registered(&third)]);
    assert_eq!(said(&desk.lease(&worker("w"), 3, 1_000).await), [registered(&last)]);
}

pub async fn a_message_is_not_leased_before_it_was_written(desk: Desk) {
    let account = builders::account("late@example.com").with_timestamp(1_500);
    account.create(desk.shop.stores.accounts.as_ref()).await;
    assert_eq!(desk.lease(&worker("w"), 10, 1_499).await, []);
    assert_eq!(desk.lease(&worker("w"), 10, 1_500).await.len(), 1);
}

pub async fn only_the_first_message_about_an_order_is_due(desk: Desk) {
    let order = desk.shipped_order().await;
    let leased = desk.lease(&worker("w"), 10, 1_000).await;
    let placed = OutboxEvent::OrderPlaced { order_id: order, user_id: desk.shop.customer.id };
    assert_eq!(said(&leased), [placed]);
    assert_eq!(desk.lease(&worker("v"), 10, 1_000).await, []);
}

pub async fn an_order_that_waits_hinders_no_other(desk: Desk) {
    let first = desk.shipped_order().await;
    assert_eq!(orders(&desk.lease(&worker("w"), 10, 1_000).await), [Some(first)]);
    let second = desk.shipped_order().await;
    let third = desk.shipped_order().await;
    let leased = desk.lease(&worker("w"), 10, 1_000).await;
    assert_eq!(orders(&leased), [Some(second), Some(third)]);
}

pub async fn messages_about_accounts_wait_for_none_and_hold_back_none(desk: Desk) {
    desk.register(2).await;
    assert_eq!(orders(&desk.lease(&worker("w"), 1, 1_000).await), [None]);
    let order = desk.order().await.id();
    let leased = desk.lease(&worker("w"), 10, 1_000).await;
    // The order was placed a second before the second account was made.
    assert_eq!(orders(&leased), [Some(order), None]);
}

pub async fn a_delivered_message_is_not_leased_again(desk: Desk) {
    desk.register(3).await;
    desk.shipped_order().await;
    assert_eq!(desk.deliver_all(1_000).await.len(), 6);
    assert_eq!(desk.lease(&worker("w"), 100, 1_000_000).await, []);
}

pub async fn each_lease_counts_an_attempt(desk: Desk) {
    desk.order().await;
    for attempt in 1..5 {
        let leased = desk.lease_one(&worker("w"), 1_000 + LEASE * i64::from(attempt)).await;
        assert_eq!(leased.attempts, attempt);
    }
}
